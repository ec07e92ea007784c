"""Project Arachnid Shield (Canadian Centre for Child Protection): asks whether PDQs are near known material.

A service that answers, not a list that can be kept. Of its three questions only `v1/pdq/` is asked: the others want the
picture itself, or its address. Source of the format: the SDK that the Centre publishes (arachnid-shield-sdk 0.2.2).
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unseen.errors import ExchangeError
from unseen.exchanges.objects import read_object
from unseen.exchanges.service import Service

__all__ = ["BASE", "HASHES_MAX", "NO_KNOWN_MATCH", "ShieldAnswer", "ask_shield"]

BASE = "https://shield.projectarachnid.com"
# How many the service takes at once is not published; a question of so many has 5 kB.
HASHES_MAX = 100
NO_KNOWN_MATCH = "no-known-match"
_PDQ_BYTES = 32
# The Centre may add further ones.
_CLASSIFICATION = re.compile(r"[a-z][a-z0-9-]{0,63}")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class ShieldAnswer:
    """What the Centre says of one PDQ.

    Attributes:
        classification: `csam`, `harmful-abusive-material`, `no-known-match`, or whatever the Centre adds.
        sha256: Digest of the known picture that it is near to, where the Centre tells it.
    """

    classification: str
    sha256: bytes | None = None

    @property
    def is_known(self) -> bool:
        """Whether it is near to anything that the Centre knows."""
        return self.classification != NO_KNOWN_MATCH


def ask_shield(service: Service, pdqs: Sequence[bytes]) -> Mapping[bytes, ShieldAnswer]:
    """Ask once about some PDQs. They leave this machine, and nothing else does.

    Args:
        service: At `BASE`, with the custodian's login.
        pdqs: At most `HASHES_MAX`, of pictures good enough to be compared.

    Returns:
        The answers. A PDQ that the service passed over, or answered in a way that cannot be read, is missing:
        that is no answer, and never the same as `no-known-match`.

    Raises:
        ExchangeError: No answer, or none that can be read.
    """
    assert 0 < len(pdqs) <= HASHES_MAX
    assert all(len(pdq) == _PDQ_BYTES for pdq in pdqs)
    body = json.dumps({"hashes": [base64.b64encode(pdq).decode() for pdq in pdqs]}).encode()
    answer = service.send("POST", "v1/pdq/", content=body, media_type="application/json")
    told = read_object(answer.content, "the answer to v1/pdq/").get("scanned_hashes")
    if not isinstance(told, dict):
        raise ExchangeError(f"{service.host} does not say which hashes it looked at")
    asked = set(pdqs)
    found = {}
    for text, value in told.items():
        pdq, read = _decode(text), _read_answer(value)
        if pdq in asked and read is not None:
            found[pdq] = read
    return found


def _read_answer(value: Any) -> ShieldAnswer | None:  # whatever JSON holds
    # Null is how the service says that nothing was found; its own SDK stumbles over that.
    if value is None:
        return ShieldAnswer(NO_KNOWN_MATCH)
    if not isinstance(value, dict):
        return None
    classification = value.get("classification")
    if classification is None and value.get("match_type") is None:
        return ShieldAnswer(NO_KNOWN_MATCH)
    if not isinstance(classification, str) or not _CLASSIFICATION.fullmatch(classification):
        return None
    return ShieldAnswer(classification, _sha256(value.get("near_match_details")))


def _sha256(details: Any) -> bytes | None:  # whatever JSON holds
    # Of one picture it is an object; of videos, elsewhere in the service, a list.
    first = details[0] if isinstance(details, list) and details else details
    text = first.get("sha256_hex") if isinstance(first, dict) else None
    return bytes.fromhex(text) if isinstance(text, str) and _SHA256.fullmatch(text) else None


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return b""
