"""What we tell NCMEC of an entry: that it is right, or what is wrong with it, in NCMEC's own codes."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from unseen.errors import ExchangeError, UsageError
from unseen.exchanges.markup import read_xml, tag_of, text_of
from unseen.exchanges.ncmec.opinions import signal_of_type
from unseen.exchanges.ncmec.wire import VERSION
from unseen.exchanges.service import Answer, Service

__all__ = ["FEEDBACK_TYPES", "FeedbackReason", "feedback_type", "list_reasons", "put_feedback", "split_entry"]

_NAMESPACE = "https://hashsharing.ncmec.org/hashsharing/v2"
# As they stand in the addresses of feedback.
FEEDBACK_TYPES = (
    *("MD5", "SHA1", "PDNA", "PDQ", "NETCLEAN", "VIDENTIFIER", "TMK_PDQF", "SSVH_PDNA", "SSVH_SAFER_HASH"),
)
_TYPES = {signal_of_type(name): name for name in FEEDBACK_TYPES}


@dataclass(frozen=True, slots=True)
class FeedbackReason:
    """Why an entry is said to be wrong: `guid` is sent, `name` is for people."""

    guid: str
    name: str


def feedback_type(signal: str) -> str:
    """NCMEC's name of a signal of ours.

    Raises:
        UsageError: NCMEC takes no feedback on it.
    """
    try:
        return _TYPES[signal]
    except KeyError:
        raise UsageError(
            f"NCMEC takes no feedback on {signal}", hint=f"on one of {', '.join(sorted(_TYPES))}"
        ) from None


def split_entry(entry: str) -> tuple[str, str]:
    """Member and NCMEC's own identifier, from that of an entry in our lists.

    Raises:
        UsageError: It is none of NCMEC's.
    """
    member, dash, identifier = entry.partition("-")
    # Dots alone would be a way to another address.
    if not (member and dash and identifier.strip(".")):
        raise UsageError(f"{entry[:80]!r} is no entry of NCMEC's")
    return member, identifier


def list_reasons(service: Service, signal: str) -> tuple[FeedbackReason, ...]:
    """Ask which reasons there are for calling a hash of this signal wrong.

    Raises:
        UsageError: NCMEC takes no feedback on it.
        ExchangeError: No answer, or none that says it.
    """
    content = service.get(f"{VERSION}/feedback/{feedback_type(signal)}/reasons").content
    root = read_xml(content, "the answer to feedback reasons")
    if tag_of(root) != "availableFeedbackReasons":
        raise ExchangeError(f"{service.host} does not say which reasons there are")
    found = (
        FeedbackReason((element.get("guid") or "").strip(), (element.get("name") or text_of(element)).strip())
        for element in root.iter()
        if tag_of(element) == "reason"
    )
    return tuple(reason for reason in found if reason.guid)


def put_feedback(service: Service, entry: str, signal: str, *, against: Sequence[str] | None = None) -> Answer:
    """Say once of one hash of an entry that it is right, or that it is wrong.

    Feedback replaces what we said before, so that saying it twice does no harm; but it is not repeated here, because
    only the caller's ledger knows what came of the first time.

    Args:
        service: At the base of the list.
        entry: As our lists name it.
        signal: Of which of its hashes.
        against: Reasons, as `guid`s of `list_reasons`, for saying that it is wrong; None to say that it is right.

    Returns:
        The receipt: what the service answered, to be kept.

    Raises:
        UsageError: No such entry or signal, or no reason though it is said to be wrong.
        ExchangeError: It is unknown whether it arrived (`status` is None or 5xx), or it was refused.
    """
    from lxml import etree

    member, identifier = split_entry(entry)
    root = etree.Element(f"{{{_NAMESPACE}}}feedbackSubmission", nsmap={None: _NAMESPACE})
    if against is None:
        etree.SubElement(root, f"{{{_NAMESPACE}}}affirmative")
    elif not against:
        raise UsageError("feedback against an entry needs a reason", hint="the service says which there are")
    else:
        negative = etree.SubElement(root, f"{{{_NAMESPACE}}}negative")
        reasons = etree.SubElement(negative, f"{{{_NAMESPACE}}}reasonIds")
        for guid in against:
            etree.SubElement(reasons, f"{{{_NAMESPACE}}}guid").text = guid
    content = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    # Identifiers are whatever somebody submitted: none may lead to another address.
    where = f"{VERSION}/entries/{quote(member, safe='')}/{quote(identifier, safe='')}/{feedback_type(signal)}/feedback"
    return service.send("PUT", where, content=content)
