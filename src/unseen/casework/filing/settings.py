"""The custodian's channel to the CyberTipline, as a file says it: who reports, for which service, to which desk.

It holds no credentials: it says where they lie.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from unseen.casework.given.tables import fill, read_table
from unseen.errors import UsageError
from unseen.filing.cybertipline.schema import FileAnnotations, InternetDetails, Reporter

__all__ = ["Company", "Environment", "FilingSettings", "LabelMeaning", "ServiceSettings", "read_settings"]

_ANNOTATIONS = frozenset(str(field.alias) for field in FileAnnotations.model_fields.values())
_HINT = "docs/reference/filing-settings.md lists what such a file may say"


class Environment(StrEnum):
    """Which desk takes the reports. Closed, and never implied."""

    TEST = "test"
    PRODUCTION = "production"
    # A desk of our own on this machine, there only while something is sent: nothing leaves.
    REHEARSAL = "rehearsal"


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ServiceSettings(_Said):
    """The desk.

    Attributes:
        environment: Which one.
        credentials: A file that only its owner may read, with `name:password`; None for the variable of the
            environment. Those of the two desks are never the same, and a rehearsal needs none.
    """

    environment: Environment
    credentials: Path | None = None


class Company(_Said):
    """What holds for everything that this custodian reports.

    Attributes:
        service: What its users call the service (`espService`).
        platform: Which part of it, where that says more (`platform` of the incident).
        files_are_as_uploaded: Whether what is kept is, byte for byte, what users uploaded. Only then is a digest that
            was taken here one of the file as it was uploaded.
        industry_classification: Whether the company signed the memorandum of the Industry Hash Sharing Platform;
            only then may its classification be given.
    """

    service: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    platform: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    files_are_as_uploaded: bool
    industry_classification: bool = False


class LabelMeaning(_Said):
    """What a label of a list says of a file's content, in the service's words: the custodian's reading of the list.

    Attributes:
        scheme: Of the label, as the list gives it.
        code: Likewise.
        annotation: Name of an element of `fileAnnotations`.
    """

    scheme: str
    code: str
    annotation: str

    @model_validator(mode="after")
    def _is_annotation(self) -> Self:
        if self.annotation not in _ANNOTATIONS:
            raise ValueError(f"names no annotation; one of {', '.join(sorted(_ANNOTATIONS))}")
        return self


class FilingSettings(_Said):
    """All of it.

    Attributes:
        service: The desk.
        company: What holds for every report.
        reporter: Who reports, and whom to ask; with an address for mail.
        internet_details: Where on the network the company keeps what it reports.
        label: What labels of lists say of content.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    service: ServiceSettings
    company: Company
    reporter: Reporter
    internet_details: Annotated[tuple[InternetDetails, ...], Field(alias="internetDetails", min_length=1)]
    label: tuple[LabelMeaning, ...] = ()

    @model_validator(mode="after")
    def _can_be_answered(self) -> Self:
        if not self.reporter.reporting_person.email:
            raise ValueError("reporter/reportingPerson/email is missing: the service must be able to answer somebody")
        return self

    @property
    def is_production(self) -> bool:
        """Whether what is filed reaches officers."""
        return self.service.environment is Environment.PRODUCTION


def read_settings(path: str) -> FilingSettings:
    """Read the file.

    Raises:
        UsageError: It cannot be read, or says something impossible; the message names place and reason, no value.
    """
    table = read_table(path)
    try:
        return fill(FilingSettings, table, path)
    except UsageError as error:
        raise UsageError(str(error), hint=_HINT) from None
