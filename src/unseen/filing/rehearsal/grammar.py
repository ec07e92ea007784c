"""Which elements stand in which, and in what order: written down apart from what writes reports, to catch its mistakes.

From the service's public schema of reports. Of each element the children in their order: `?` at most once, `*` any
number, nothing exactly once; `|` between alternatives of which exactly one stands. What has no line holds text only.
"""

import re
from functools import cache
from xml.etree.ElementTree import Element

__all__ = ["disorder"]

_PERSON = "firstName? lastName? phone* email* address* age? dateOfBirth?"
_CONTACT = "firstName? lastName? phone* email* address*"
_ACCOUNT_HEAD = (
    "espIdentifier? espService? compromisedAccount? screenName? displayName* profileUrl* profileBio? ipCaptureEvent*"
    " deviceId*"
)
_ACCOUNT_TAIL = "accountTemporarilyDisabled? accountPermanentlyDisabled? estimatedLocation? allEmailsReported?"
_FLAGS = {
    "reportAnnotations": "sextortion csamSolicitation minorToMinorInteraction spam sadisticOnlineExploitation",
    "fileAnnotations": "animeDrawingVirtualHentai potentialMeme viral possibleSelfProduction physicalHarm violenceGore"
    " bestiality liveStreaming infant generativeAi",
}
_CHILDREN = {
    "report": "batchedReport? incidentSummary internetDetails* lawEnforcement? reporter personOrUserReported*"
    " intendedRecipient* victim* additionalInfo?",
    "incidentSummary": "incidentType platform? escalateToHighPriority? reportAnnotations? incidentDateTime"
    " incidentDateTimeDescription?",
    "internetDetails": "webPageIncident | emailIncident | newsgroupIncident | chatImIncident | onlineGamingIncident"
    " | cellPhoneIncident | nonInternetIncident | peer2peerIncident",
    "webPageIncident": "url* additionalInfo?",
    "emailIncident": "emailAddress* content? additionalInfo?",
    "newsgroupIncident": "name? emailAddress* content? additionalInfo?",
    "chatImIncident": "chatClient? chatRoomName? content? additionalInfo?",
    "onlineGamingIncident": "gameName? console? content? additionalInfo?",
    "cellPhoneIncident": "phoneNumber? latitude? longitude? additionalInfo?",
    "nonInternetIncident": "locationName? incidentAddress* additionalInfo?",
    "peer2peerIncident": "client? ipCaptureEvent* fileNames? additionalInfo?",
    "lawEnforcement": "agencyName caseNumber? officerContact? reportedToLe? servedLegalProcessDomestic?"
    " servedLegalProcessInternational?",
    "reporter": "reportingPerson contactPerson? companyTemplate? termsOfService? legalURL?",
    "personOrUserReported": "personOrUserReportedPerson? vehicleDescription?"
    f" {_ACCOUNT_HEAD} thirdPartyUserReported? priorCTReports* groupIdentifier? {_ACCOUNT_TAIL} associatedAccount*"
    " additionalInfo?",
    "intendedRecipient": f"intendedRecipientPerson? {_ACCOUNT_HEAD} priorCTReports* groupIdentifier? {_ACCOUNT_TAIL}"
    " additionalInfo*",
    "victim": f"victimPerson {_ACCOUNT_HEAD} schoolName? priorCTReports* {_ACCOUNT_TAIL} associatedAccount*"
    " additionalInfo?",
    "associatedAccount": "platform? firstName? middleName? lastName? approximateAge? dateOfBirth? phone* email*"
    " allEmailsReported? address* espService? espIdentifier? profileUrl* screenName? displayName* profileBio?"
    " groupIdentifier? compromisedAccount? accountTemporarilyDisabled? accountPermanentlyDisabled? ipCaptureEvent*"
    " deviceId* priorCTReport* additionalInfo?",
    "fileDetails": "reportId fileId fileName? originalFileName? uploadedToEspTimestamp? locationOfFile?"
    " fileViewedByEsp? exifViewedByEsp? publiclyAvailable? fileRelevance? potentialMeme? fileAnnotations?"
    " industryClassification? originalFileHash* ipCaptureEvent? deviceId* details* additionalInfo*",
    "details": "nameValuePair nameValuePair*",
    "nameValuePair": "name value",
    "reportingPerson": _PERSON,
    "personOrUserReportedPerson": _PERSON,
    "intendedRecipientPerson": _PERSON,
    "victimPerson": _PERSON,
    "contactPerson": _CONTACT,
    "officerContact": _CONTACT,
    "address": "address? city? zipCode? state? nonUsaState? country?",
    "incidentAddress": "address? city? zipCode? state? nonUsaState? country?",
    "estimatedLocation": "city? region? countryCode?",
    "ipCaptureEvent": "ipAddress eventName? dateTime? possibleProxy? port?",
    "deviceId": "idType idValue eventName? dateTime?",
    "batchedReport": "",
}
# The street of an address has the name of the address itself.
_TEXT_WITHIN = {("address", "address"), ("incidentAddress", "address")}


def disorder(root: Element) -> str | None:
    """Say what is wrong with the order of elements in a document, or None where nothing is.

    Args:
        root: `report` or `fileDetails`.
    """
    if root.tag not in {"report", "fileDetails"}:
        return f"{root.tag} is no document of the service's"
    return _within(root, None)


def _within(element: Element, parent: str | None) -> str | None:
    tag = element.tag
    if tag in _FLAGS:
        return _flags(element)
    if tag not in _CHILDREN or (parent, tag) in _TEXT_WITHIN:
        return f"{tag} holds text, not elements" if len(element) else None
    names = "".join(f"{child.tag} " for child in element)
    if not _pattern(tag).fullmatch(names):
        return f"the elements of {tag} are out of order, missing or unknown: {names.strip() or 'none'}"
    for child in element:
        if found := _within(child, tag):
            return found
    both = {child.tag for child in element} >= {"potentialMeme", "fileAnnotations"}
    return f"{tag} holds potentialMeme beside fileAnnotations" if both else None


def _flags(element: Element) -> str | None:
    seen: set[str] = set()
    for child in element:
        if child.tag not in _FLAGS[element.tag].split() or child.tag in seen:
            return f"{element.tag} holds {child.tag}, unknown or twice"
        if (child.text or "").strip() not in {"", "true"}:
            return f"{child.tag} can only be true"
        seen.add(child.tag)
    return None


@cache
def _pattern(tag: str) -> re.Pattern[str]:
    if "|" in _CHILDREN[tag]:
        return re.compile("|".join(f"{name} " for name in _CHILDREN[tag].split(" | ")))
    parts = []
    for part in _CHILDREN[tag].split():
        name, sign = (part[:-1], part[-1]) if part[-1] in "?*" else (part, "")
        parts.append(f"(?:{re.escape(name)} ){sign}")
    return re.compile("".join(parts))
