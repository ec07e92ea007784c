"""What the larger parts of a report are made of: people's particulars, addresses, devices, moments on the network."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

__all__ = [
    "Address",
    "Attribute",
    "Body",
    "ContactPerson",
    "Country",
    "DeviceId",
    "Disabled",
    "DisabledForATime",
    "Email",
    "EstimatedLocation",
    "EventName",
    "Flag",
    "IpCaptureEvent",
    "Mark",
    "Moment",
    "NameValue",
    "Part",
    "Person",
    "Phone",
    "ReportId",
    "Text",
]

# XML 1.0, section 2.2: whatever is none of these cannot stand in a document at all, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# The values of the schema's type `country`: ISO 3166, and codes of its own for proxies, satellites and the like.
_COUNTRY_CODES = """
A1 A2 O1 AD AE AF AG AI AL AM AN AO AP AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV
BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CX CW CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET EU FI FJ FK
FM FO FR FX GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT
JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP
MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE
RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV
TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
"""
_COUNTRIES = frozenset(_COUNTRY_CODES.split())
_STATE_CODES = """
AK AL AR AZ CA CO CT DC DE FL GA GU HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV NY OH OK OR
PA PR RI SC SD TN TX UT VA VI VT WA WI WV WY
"""
_STATES = frozenset(_STATE_CODES.split())


@dataclass(frozen=True, slots=True)
class Mark:
    """How a field stands in XML where it is not simply an element of its name."""

    kind: Literal["attribute", "body", "flag"]


Attribute = Mark("attribute")
Body = Mark("body")


def _is_xml(text: str) -> str:
    if found := _NOT_XML.search(text):
        raise ValueError(f"holds the character U+{ord(found[0]):04X}, which XML cannot hold")
    return text


def _is_country(code: str) -> str:
    if code not in _COUNTRIES:
        raise ValueError("is no country code of two letters (ISO 3166) that the service knows")
    return code


def _is_state(code: str) -> str:
    if code not in _STATES:
        raise ValueError("is no code of a state or territory of the United States that the service knows")
    return code


Text = Annotated[str, StringConstraints(min_length=1), AfterValidator(_is_xml)]
Country = Annotated[str, AfterValidator(_is_country)]
# A moment without a time zone names no moment. The schema lets it pass; the service's documentation does not.
Moment = AwareDatetime
# Elements whose only value is true: present and empty, or absent.
Flag = Annotated[bool, Mark("flag")]
ReportId = Annotated[int, Field(ge=1, le=2**63 - 1)]
EventName = Literal["Login", "Registration", "Purchase", "Upload", "Other", "Unknown"]


class Part(BaseModel):
    """A part of a report.

    Fields stand in the order in which the schema wants their elements; their aliases are the names of these. What is
    None, empty or an unset flag is left out. Nothing that the schema does not know can be said.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class NameValue(Part):
    """A pair of metadata."""

    name: Text
    value: Text


class Address(Part):
    """A postal address."""

    type: Annotated[Literal["Home", "Business", "Billing", "Shipping", "Technical"] | None, Attribute] = None
    address: Text | None = None
    city: Text | None = None
    zip_code: Text | None = None
    state: Annotated[str, AfterValidator(_is_state)] | None = None
    non_usa_state: Text | None = None
    country: Country | None = None


class Email(Part):
    """An address for electronic mail."""

    type: Annotated[Literal["Home", "Work", "Business", "Recovery"] | None, Attribute] = None
    verified: Annotated[bool | None, Attribute] = None
    verification_date: Annotated[Moment | None, Attribute] = None
    value: Annotated[Text, Body]


class Phone(Part):
    """A telephone number."""

    type: Annotated[Literal["Mobile", "Home", "Business", "Work", "Fax", "Internet", "Recovery"] | None, Attribute] = (
        None
    )
    verified: Annotated[bool | None, Attribute] = None
    verification_date: Annotated[Moment | None, Attribute] = None
    country_calling_code: Annotated[str | None, Field(pattern=r"^\+[0-9]{1,3}$"), Attribute] = None
    extension: Annotated[str | None, Field(pattern=r"^[0-9]+$"), Attribute] = None
    value: Annotated[Text, Body]


class ContactPerson(Part):
    """Somebody who can be reached."""

    first_name: Text | None = None
    last_name: Text | None = None
    phone: tuple[Phone, ...] = ()
    email: tuple[Email, ...] = ()
    address: tuple[Address, ...] = ()


class Person(ContactPerson):
    """Somebody's particulars."""

    age: Annotated[int, Field(ge=0, le=150)] | None = None
    date_of_birth: date | None = None


class IpCaptureEvent(Part):
    """An address on the network, when it was seen, and at what."""

    ip_address: Text
    event_name: EventName | None = None
    date_time: Moment | None = None
    possible_proxy: bool | None = None
    port: Annotated[int, Field(ge=1, le=65_535)] | None = None


class DeviceId(Part):
    """A device, when it was seen, and at what."""

    id_type: Text
    id_value: Text
    event_name: EventName | None = None
    date_time: Moment | None = None


class EstimatedLocation(Part):
    """Where somebody seems to be."""

    verified: Annotated[bool | None, Attribute] = None
    timestamp: Annotated[Moment | None, Attribute] = None
    city: Text | None = None
    region: Text | None = None
    country_code: Country | None = None


class Disabled(Part):
    """Whether an account was disabled for good, and since when."""

    disabled_date: Annotated[Moment | None, Attribute] = None
    user_notified: Annotated[bool | None, Attribute] = None
    user_notified_date: Annotated[Moment | None, Attribute] = None
    value: Annotated[bool, Body]


class DisabledForATime(Disabled):
    """Whether an account was disabled for a time, and until when."""

    reenabled_date: Annotated[Moment | None, Attribute] = None
