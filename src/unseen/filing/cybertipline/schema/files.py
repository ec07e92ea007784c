"""What is told of a file that was uploaded to a report."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from unseen.filing.cybertipline.schema.parts import (
    Attribute,
    Body,
    DeviceId,
    Flag,
    IpCaptureEvent,
    Moment,
    NameValue,
    Part,
    ReportId,
    Text,
)

__all__ = ["Details", "FileAnnotations", "FileDetails", "OriginalFileHash"]


class FileAnnotations(Part):
    """What is known of a file's content.

    All but the second and third describe what can be seen: a match alone tells none of it, unless the list that holds
    the entry says so.
    """

    anime_drawing_virtual_hentai: Flag = False
    potential_meme: Flag = False
    viral: Flag = False
    possible_self_production: Flag = False
    physical_harm: Flag = False
    violence_gore: Flag = False
    bestiality: Flag = False
    live_streaming: Flag = False
    infant: Flag = False
    generative_ai: Flag = False


class OriginalFileHash(Part):
    """A digest of the file as the reported account uploaded it."""

    hash_type: Annotated[Text, Field(max_length=64), Attribute]
    value: Annotated[Text, Body]


class Details(Part):
    """Metadata of a file."""

    type: Annotated[Literal["EXIF", "HASH"] | None, Attribute] = None
    name_value_pair: Annotated[tuple[NameValue, ...], Field(min_length=1)]


class FileDetails(Part):
    """What is told of one file, once, after its upload.

    Attributes:
        file_viewed_by_esp: Whether a person at the reporter looked at the entire content of this very file. Required
            here although the schema does not: what is left out might be taken for either.
    """

    report_id: ReportId
    file_id: Text
    file_name: Text | None = None
    original_file_name: Annotated[Text, Field(max_length=2056)] | None = None
    uploaded_to_esp_timestamp: Moment | None = None
    location_of_file: Annotated[Text, Field(max_length=2083)] | None = None
    file_viewed_by_esp: bool
    exif_viewed_by_esp: bool | None = None
    publicly_available: bool | None = None
    file_relevance: Literal["Reported", "Supplemental Reported"] | None = None
    potential_meme: bool | None = None
    file_annotations: FileAnnotations | None = None
    industry_classification: Literal["A1", "A2", "B1", "B2"] | None = None
    original_file_hash: tuple[OriginalFileHash, ...] = ()
    ip_capture_event: IpCaptureEvent | None = None
    device_id: tuple[DeviceId, ...] = ()
    details: tuple[Details, ...] = ()
    additional_info: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _says_it_once(self) -> Self:
        if self.potential_meme is not None and self.file_annotations is not None:
            raise ValueError("potentialMeme stands among the annotations, or by itself, never both")
        return self
