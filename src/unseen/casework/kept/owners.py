"""Into whose case a finding of a recheck goes: the subject of the scan that kept its item."""

import json
from collections.abc import Callable
from functools import lru_cache

from unseen.casework.cases.whose import Whose
from unseen.casework.known.loading import KnownMaterial
from unseen.model import Facts, Finding
from unseen.store import Store, cases_of_findings, scan_settings

__all__ = ["Owners"]

# Scans whose settings are held at once.
_SCANS_HELD = 256


class Owners:
    """Whose the items of a recheck are, as far as their scans were told.

    What a file of facts said of single items was kept for findings only: of others the subject of the scan is known, or
    the source that they lay in.
    """

    def __init__(self, store: Store, known: KnownMaterial) -> None:
        """Take the store that holds the scans, and all lists."""
        self._store = store
        self._known = known
        self._scan_of: dict[str, int] = {}
        self._of_scan = lru_cache(_SCANS_HELD)(self._read)

    def note(self, finding_id: str, scan_id: int) -> None:
        """Remember which scan kept the item of a finding that is about to be recorded."""
        self._scan_of[finding_id] = scan_id

    def __call__(self, finding: Finding) -> Facts | None:
        """Say into whose case a finding goes; None where it stands in one, or belongs into none."""
        scan_id = self._scan_of.pop(finding.id, None)
        if scan_id is None or cases_of_findings(self._store, [finding.id]):
            return None
        return self._of_scan(scan_id)(finding)

    def _read(self, scan_id: int) -> Callable[[Finding], Facts | None]:
        settings = json.loads(scan_settings(self._store, scan_id))
        sources = [given for given, _ in settings.get("sources", ())]
        with Whose(sources, settings.get("subject"), None) as whose:
            return whose.about(self._known)
