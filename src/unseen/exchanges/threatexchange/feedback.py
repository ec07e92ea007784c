"""What we tell the members of ThreatExchange of a descriptor: that it helped, or that its tags are wrong."""

import re
from urllib.parse import urlencode

from unseen.errors import ExchangeError, UsageError
from unseen.exchanges.objects import read_object
from unseen.exchanges.service import Answer, Service

__all__ = ["WRONG", "descriptors_of", "put_reaction"]

_HELPFUL = "HELPFUL"
# The only reaction by which members say that something is not what it is said to be.
WRONG = "DISAGREE_WITH_TAGS"

# As `wire` words it among the reasons of an owner's opinion.
_DESCRIPTOR = re.compile(r"descriptor ([0-9]{1,40})")


def descriptors_of(reasons: tuple[str, ...]) -> list[str]:
    """The numbers of descriptors that an opinion's reasons name: what can be reacted to."""
    return [match[1] for reason in reasons if (match := _DESCRIPTOR.fullmatch(reason))]


def put_reaction(service: Service, descriptor: str, *, is_right: bool) -> Answer:
    """React once to a descriptor. No hash is sent: the number says which one is meant.

    A reaction that was given before is given again without harm; but it is not repeated here, because only the
    caller's ledger knows what came of the first time.

    Args:
        service: At `BASE`, with the token as query `access_token`.
        descriptor: Its number, as `descriptors_of` gives it.
        is_right: Whether it helped (`HELPFUL`), or its tags are wrong (`DISAGREE_WITH_TAGS`).

    Returns:
        The receipt: what the service answered, to be kept.

    Raises:
        UsageError: That is no number.
        ExchangeError: It is unknown whether it arrived (`status` is None or 5xx), or it was refused.
    """
    if not _DESCRIPTOR.fullmatch(f"descriptor {descriptor}"):
        raise UsageError(f"{descriptor[:40]!r} is no number of a descriptor")
    reaction = urlencode({"reactions": _HELPFUL if is_right else WRONG}).encode()
    answer = service.send("POST", f"{descriptor}/", content=reaction, media_type="application/x-www-form-urlencoded")
    if read_object(answer.content, "the answer to a reaction").get("success") is not True:
        raise ExchangeError(f"{service.host} does not say that the reaction was taken", status=answer.status)
    return answer
