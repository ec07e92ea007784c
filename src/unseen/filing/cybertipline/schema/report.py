"""A whole report."""

from typing import Annotated, Literal

from pydantic import Field

from unseen.filing.cybertipline.schema.accounts import IntendedRecipient, PersonOrUserReported, Victim
from unseen.filing.cybertipline.schema.incident import IncidentSummary, InternetDetails
from unseen.filing.cybertipline.schema.parts import Attribute, Body, ContactPerson, Country, Part, Person, Text

__all__ = ["BatchedReport", "LawEnforcement", "Report", "Reporter", "ServedAbroad"]


class BatchedReport(Part):
    """Marks a report that stands for many: one file that goes round, and all the accounts that have it."""

    reason: Annotated[Literal["VIRAL_POTENTIAL_MEME"], Attribute] = "VIRAL_POTENTIAL_MEME"


class ServedAbroad(Part):
    """Whether an authority of another country has served legal process."""

    flea_country: Annotated[Country | None, Attribute] = None
    value: Annotated[bool, Body]


class LawEnforcement(Part):
    """An authority that knows of the incident already."""

    agency_name: Text
    case_number: Text | None = None
    officer_contact: ContactPerson | None = None
    reported_to_le: bool | None = None
    served_legal_process_domestic: bool | None = None
    served_legal_process_international: ServedAbroad | None = None


class Reporter(Part):
    """Who reports, and whom to ask."""

    reporting_person: Person
    contact_person: ContactPerson | None = None
    company_template: Text | None = None
    terms_of_service: Text | None = None
    legal_url: Annotated[Text | None, Field(alias="legalURL")] = None


class Report(Part):
    """One report."""

    batched_report: BatchedReport | None = None
    incident_summary: IncidentSummary
    internet_details: tuple[InternetDetails, ...] = ()
    law_enforcement: LawEnforcement | None = None
    reporter: Reporter
    person_or_user_reported: tuple[PersonOrUserReported, ...] = ()
    intended_recipient: tuple[IntendedRecipient, ...] = ()
    victim: tuple[Victim, ...] = ()
    additional_info: Text | None = None
