"""What a custodian may know of an account and of a file beyond the common facts, in the names of CyberTipline's schema.

One vocabulary serves: officers have it before them, and nobody has to guess what a name means.
"""

import json
from typing import Annotated, Any

from pydantic import Field

from unseen.casework.given.tables import fill
from unseen.filing.cybertipline.schema import Details, DeviceId, IpCaptureEvent, Part, PersonOrUserReported
from unseen.filing.cybertipline.schema.parts import Text

__all__ = ["KnownOfFile", "pack_known"]


class KnownOfFile(Part):
    """What else may be known of one file; what follows from its finding is nobody's to say."""

    location_of_file: Annotated[Text, Field(max_length=2083)] | None = None
    publicly_available: bool | None = None
    ip_capture_event: IpCaptureEvent | None = None
    device_id: tuple[DeviceId, ...] = ()
    details: tuple[Details, ...] = ()
    additional_info: tuple[Text, ...] = ()


def pack_known(kind: type[KnownOfFile] | type[PersonOrUserReported], table: Any, name: str) -> str | None:
    """Check what is said and write it in one way only; None for nothing.

    Args:
        kind: Of what.
        table: As it was read.
        name: Of the member, for the message.

    Raises:
        UsageError: It says something that cannot be said; the message names every place.
    """
    if table is None:
        return None
    if not isinstance(table, dict):
        raise ValueError(f"a member {name!r} that is no object")  # noqa: TRY004  # as all others of a row are told
    known = fill(kind, table, name)
    return json.dumps(
        known.model_dump(mode="json", by_alias=True, exclude_defaults=True), sort_keys=True, ensure_ascii=False
    )
