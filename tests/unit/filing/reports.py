"""Reports drawn at random over every field that the schema knows, and plain ones to begin from."""

import os
import types
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from unseen.filing.cybertipline.schema import (
    Email,
    FileDetails,
    IncidentSummary,
    IncidentType,
    InternetDetails,
    IpCaptureEvent,
    Part,
    Person,
    PersonOrUserReported,
    Report,
    Reporter,
    WebPageIncident,
)

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

_texts = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co")), min_size=1, max_size=12).filter(str.strip)
_moments = st.integers(0, 1_700_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
_SPECIAL = {
    "country": st.sampled_from(["DE", "US", "XK"]),
    "countryCode": st.sampled_from(["DE", "US"]),
    "fleaCountry": st.just("GB"),
    "state": st.sampled_from(["CA", "NY"]),
    "countryCallingCode": st.just("+49"),
    "extension": st.just("12"),
    "port": st.integers(1, 65_535),
    "latitude": st.floats(-90, 90),
    "longitude": st.floats(-180, 180),
    "age": st.integers(0, 120),
    "approximateAge": st.integers(0, 120),
}


def published_schema() -> Callable[[bytes], str]:
    """The service's own schema: says what is wrong with a document, or nothing. Skips where it is not at hand."""
    from lxml import etree

    vectors = Path(os.environ.get("UNSEEN_VECTORS", "../shared/vectors"))
    path = vectors.parent / "specs" / "ncmec_report_validation.xsd"
    if not path.exists():
        pytest.skip(f"the service's schema is not at {path}")
    schema = etree.XMLSchema(etree.parse(path))

    def wrong(document: bytes) -> str:
        return "" if schema.validate(etree.fromstring(document)) else str(schema.error_log)

    return wrong


def plain_report() -> Report:
    """A report with nothing wrong in it."""
    return Report(
        incident_summary=IncidentSummary(
            incident_type=IncidentType.MATERIAL, incident_date_time=NOW - timedelta(hours=2)
        ),
        internet_details=(InternetDetails(web_page_incident=WebPageIncident(url=("https://files.example/u/7",))),),
        reporter=Reporter(reporting_person=Person(email=(Email(value="safety@files.example"),))),
        person_or_user_reported=(
            PersonOrUserReported(
                esp_identifier="user-7",
                ip_capture_event=(
                    IpCaptureEvent(
                        ip_address="192.0.2.7", event_name="Upload", date_time=NOW - timedelta(hours=3), port=50_000
                    ),
                ),
            ),
        ),
    )


def plain_details(report_id: int = 7, file_id: str = "a" * 32) -> FileDetails:
    """What is told of a file that nobody has looked at."""
    return FileDetails(report_id=report_id, file_id=file_id, file_viewed_by_esp=False)


def parts(kind: type[Part]) -> st.SearchStrategy[Any]:
    """Parts of a kind, with any of their fields."""
    if kind is InternetDetails:
        return st.sampled_from(sorted(kind.model_fields)).flatmap(
            lambda name: st.fixed_dictionaries({name: _value(kind.model_fields[name])}).map(
                lambda fields: kind(**fields)
            )
        )
    required = {name: _value(field) for name, field in kind.model_fields.items() if field.is_required()}
    others = {name: _value(field) for name, field in kind.model_fields.items() if not field.is_required()}
    some = st.lists(st.sampled_from(sorted(others)), max_size=3, unique=True) if others else st.just([])
    drawn = some.flatmap(lambda names: st.fixed_dictionaries(required | {name: others[name] for name in names}))
    if kind is FileDetails:
        # These two exclude each other.
        return drawn.map(
            lambda given: kind(**given | ({"potential_meme": None} if "file_annotations" in given else {}))
        )
    return drawn.map(lambda given: kind(**given))


def _value(field: FieldInfo) -> st.SearchStrategy[Any]:
    alias = str(field.alias)
    return _SPECIAL[alias] if alias in _SPECIAL else st.deferred(lambda: _of(field.annotation))


def _of(kind: Any) -> st.SearchStrategy[Any]:
    origin, args = get_origin(kind), get_args(kind)
    if origin is tuple:
        return st.lists(_of(args[0]), min_size=1, max_size=2).map(tuple)
    if origin is Literal:
        return st.sampled_from(args)
    if origin in {Union, types.UnionType}:
        return _of(next(each for each in args if each is not type(None)))
    if origin is not None:  # Annotated
        return _of(args[0])
    if isinstance(kind, type) and issubclass(kind, Part):
        return parts(kind)
    if kind is IncidentType:
        return st.sampled_from(IncidentType)
    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: _texts,
        bool: st.booleans(),
        int: st.integers(1, 10**9),
        date: st.dates(date(1900, 1, 1), date(2026, 1, 1)),
    }
    return plain.get(kind, _moments)
