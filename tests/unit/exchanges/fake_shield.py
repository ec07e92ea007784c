"""Project Arachnid Shield's `v1/pdq/` as it behaves, on this machine; what it knows is made up."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.unit.exchanges.servers import Question, Reply, Server

__all__ = ["LOGIN", "FakeShield"]

LOGIN = ("shield-user", "correct horse battery staple")


@dataclass
class FakeShield:
    """The service.

    Attributes:
        known: Classification by PDQ.
        interfere: May answer in the place of the service; None lets it answer.
        alter: May change what is answered about each hash.
        asked: Every PDQ that was sent.
    """

    known: dict[bytes, str] = field(default_factory=dict)
    interfere: Callable[[Question], Reply | None] = lambda _: None
    alter: Callable[[dict[str, Any]], dict[str, Any]] = lambda row: row
    asked: list[bytes] = field(default_factory=list)

    def server(self) -> Server:
        """A server that answers as this."""
        return Server(self._answer)

    def _answer(self, question: Question) -> Reply:
        reply = self.interfere(question)
        if reply is not None:
            return reply
        wanted = base64.b64encode(":".join(LOGIN).encode()).decode()
        if question.headers.get("authorization") != f"Basic {wanted}":
            return self._json({"detail": "Invalid username/password."}, status=401)
        if (question.method, question.path) != ("POST", "/v1/pdq/"):
            return self._json({"detail": "Not found."}, status=404)
        hashes = json.loads(question.body)["hashes"]
        self.asked += [base64.b64decode(text, validate=True) for text in hashes]
        return self._json({"scanned_hashes": self.alter({text: self._scan(text) for text in hashes})})

    def _scan(self, text: str) -> dict[str, Any] | None:
        classification = self.known.get(base64.b64decode(text))
        if classification is None:
            return None
        details = {"timestamp": 0.0, "sha1_base32": "A" * 32, "sha256_hex": "ab" * 32, "classification": classification}
        return {"classification": classification, "match_type": "near", "near_match_details": details}

    @staticmethod
    def _json(row: dict[str, Any], *, status: int = 200) -> Reply:
        return Reply(status, json.dumps(row).encode(), {"Content-Type": "application/json"})
