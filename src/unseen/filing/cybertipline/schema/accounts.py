"""Accounts and the people behind them, as far as the reporter knows them: facts only, never a judgement."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from unseen.filing.cybertipline.schema.parts import (
    Address,
    Attribute,
    Body,
    DeviceId,
    Disabled,
    DisabledForATime,
    Email,
    EstimatedLocation,
    IpCaptureEvent,
    Part,
    Person,
    Phone,
    ReportId,
    Text,
)

__all__ = ["AssociatedAccount", "IntendedRecipient", "PersonOrUserReported", "Platform", "Victim"]

# Report numbers stand in elements of a name that no rule of spelling gives.
PriorReports = Annotated[tuple[ReportId, ...], Field(alias="priorCTReports")]


class Platform(Part):
    """Where an associated account is kept."""

    third_party_user: Annotated[bool | None, Attribute] = None
    value: Annotated[Text, Body]


class AssociatedAccount(Part):
    """Another account that belongs to the same person."""

    type: Annotated[Literal["Billing", "Linked", "Business", "Creator", "Parent/Guardian", "Other"], Attribute]
    platform: Platform | None = None
    first_name: Text | None = None
    middle_name: Text | None = None
    last_name: Text | None = None
    approximate_age: Annotated[int, Field(ge=0, le=150)] | None = None
    date_of_birth: date | None = None
    phone: tuple[Phone, ...] = ()
    email: tuple[Email, ...] = ()
    all_emails_reported: bool | None = None
    address: tuple[Address, ...] = ()
    esp_service: Text | None = None
    esp_identifier: Text | None = None
    profile_url: tuple[Text, ...] = ()
    screen_name: Text | None = None
    display_name: tuple[Text, ...] = ()
    profile_bio: Text | None = None
    group_identifier: Text | None = None
    compromised_account: bool | None = None
    account_temporarily_disabled: DisabledForATime | None = None
    account_permanently_disabled: Disabled | None = None
    ip_capture_event: tuple[IpCaptureEvent, ...] = ()
    device_id: tuple[DeviceId, ...] = ()
    prior_ct_report: Annotated[tuple[ReportId, ...], Field(alias="priorCTReport")] = ()
    additional_info: Text | None = None


class PersonOrUserReported(Part):
    """The reported account.

    Whoever reads the report sees it named as the suspect's: only facts of the account belong here.
    """

    person_or_user_reported_person: Person | None = None
    vehicle_description: Text | None = None
    esp_identifier: Text | None = None
    esp_service: Text | None = None
    compromised_account: bool | None = None
    screen_name: Text | None = None
    display_name: tuple[Text, ...] = ()
    profile_url: tuple[Text, ...] = ()
    profile_bio: Text | None = None
    ip_capture_event: tuple[IpCaptureEvent, ...] = ()
    device_id: tuple[DeviceId, ...] = ()
    third_party_user_reported: bool | None = None
    prior_ct_reports: PriorReports = ()
    group_identifier: Text | None = None
    account_temporarily_disabled: DisabledForATime | None = None
    account_permanently_disabled: Disabled | None = None
    estimated_location: EstimatedLocation | None = None
    all_emails_reported: bool | None = None
    associated_account: tuple[AssociatedAccount, ...] = ()
    additional_info: Text | None = None


class IntendedRecipient(Part):
    """An account that material was meant for."""

    intended_recipient_person: Person | None = None
    esp_identifier: Text | None = None
    esp_service: Text | None = None
    compromised_account: bool | None = None
    screen_name: Text | None = None
    display_name: tuple[Text, ...] = ()
    profile_url: tuple[Text, ...] = ()
    profile_bio: Text | None = None
    ip_capture_event: tuple[IpCaptureEvent, ...] = ()
    device_id: tuple[DeviceId, ...] = ()
    prior_ct_reports: PriorReports = ()
    group_identifier: Text | None = None
    account_temporarily_disabled: DisabledForATime | None = None
    account_permanently_disabled: Disabled | None = None
    estimated_location: EstimatedLocation | None = None
    all_emails_reported: bool | None = None
    additional_info: tuple[Text, ...] = ()


class Victim(Part):
    """A child who was harmed, as far as the reporter knows who it is."""

    victim_person: Person
    esp_identifier: Text | None = None
    esp_service: Text | None = None
    compromised_account: bool | None = None
    screen_name: Text | None = None
    display_name: tuple[Text, ...] = ()
    profile_url: tuple[Text, ...] = ()
    profile_bio: Text | None = None
    ip_capture_event: tuple[IpCaptureEvent, ...] = ()
    device_id: tuple[DeviceId, ...] = ()
    school_name: Text | None = None
    prior_ct_reports: PriorReports = ()
    account_temporarily_disabled: DisabledForATime | None = None
    account_permanently_disabled: Disabled | None = None
    estimated_location: EstimatedLocation | None = None
    all_emails_reported: bool | None = None
    associated_account: tuple[AssociatedAccount, ...] = ()
    additional_info: Text | None = None
