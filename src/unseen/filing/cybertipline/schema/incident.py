"""What happened, when, and where on the network or off it."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from unseen.filing.cybertipline.schema.parts import (
    Address,
    Attribute,
    Email,
    Flag,
    IpCaptureEvent,
    Moment,
    Part,
    Phone,
    Text,
)

__all__ = [
    "CellPhoneIncident",
    "ChatImIncident",
    "EmailIncident",
    "IncidentSummary",
    "IncidentType",
    "InternetDetails",
    "NewsgroupIncident",
    "NonInternetIncident",
    "OnlineGamingIncident",
    "PeerToPeerIncident",
    "ReportAnnotations",
    "WebPageIncident",
]


class IncidentType(StrEnum):
    """What a report is about. The values are the service's own words; nobody else sees them."""

    MATERIAL = "Child Pornography (possession, manufacture, and distribution)"
    TRAFFICKING = "Child Sex Trafficking"
    TRAVEL = "Child Sex Tourism"
    ABUSE = "Child Sexual Molestation"
    MISLEADING_DOMAIN = "Misleading Domain Name"
    MISLEADING_WORDS = "Misleading Words or Digital Images on the Internet"
    ENTICEMENT = "Online Enticement of Children for Sexual Acts"
    UNSOLICITED = "Unsolicited Obscene Material Sent to a Child"


class ReportAnnotations(Part):
    """What else the reporter knows of the incident."""

    sextortion: Flag = False
    csam_solicitation: Flag = False
    minor_to_minor_interaction: Flag = False
    spam: Flag = False
    sadistic_online_exploitation: Flag = False


class IncidentSummary(Part):
    """What a report is about.

    Attributes:
        escalate_to_high_priority: Why a child may be in danger now. Its presence escalates the report.
    """

    incident_type: IncidentType
    platform: Annotated[Text, Field(max_length=256)] | None = None
    escalate_to_high_priority: Annotated[Text, StringConstraints(max_length=3000, pattern=r"\S")] | None = None
    report_annotations: ReportAnnotations | None = None
    incident_date_time: Moment
    incident_date_time_description: Annotated[Text, Field(max_length=3000)] | None = None


class WebPageIncident(Part):
    """On a web page."""

    third_party_hosted_content: Annotated[bool | None, Attribute] = None
    url: tuple[Text, ...] = ()
    additional_info: Text | None = None


class EmailIncident(Part):
    """By electronic mail."""

    email_address: tuple[Email, ...] = ()
    content: Text | None = None
    additional_info: Text | None = None


class NewsgroupIncident(Part):
    """In a newsgroup."""

    name: Text | None = None
    email_address: tuple[Email, ...] = ()
    content: Text | None = None
    additional_info: Text | None = None


class ChatImIncident(Part):
    """In a chat."""

    chat_client: Text | None = None
    chat_room_name: Text | None = None
    content: Text | None = None
    additional_info: Text | None = None


class OnlineGamingIncident(Part):
    """In a game."""

    game_name: Text | None = None
    console: Text | None = None
    content: Text | None = None
    additional_info: Text | None = None


class CellPhoneIncident(Part):
    """By telephone."""

    phone_number: Phone | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    additional_info: Text | None = None


class NonInternetIncident(Part):
    """Off the network."""

    location_name: Text | None = None
    incident_address: tuple[Address, ...] = ()
    additional_info: Text | None = None


class PeerToPeerIncident(Part):
    """In a network without servers."""

    client: Text | None = None
    ip_capture_event: tuple[IpCaptureEvent, ...] = ()
    file_names: Text | None = None
    additional_info: Text | None = None


class InternetDetails(Part):
    """Where it happened: exactly one of these."""

    web_page_incident: WebPageIncident | None = None
    email_incident: EmailIncident | None = None
    newsgroup_incident: NewsgroupIncident | None = None
    chat_im_incident: ChatImIncident | None = None
    online_gaming_incident: OnlineGamingIncident | None = None
    cell_phone_incident: CellPhoneIncident | None = None
    non_internet_incident: NonInternetIncident | None = None
    peer_to_peer_incident: Annotated[PeerToPeerIncident | None, Field(alias="peer2peerIncident")] = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"names {len(given)} kinds of place; exactly one is right, and each further one is another"
            )
        return self
