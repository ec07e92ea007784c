"""A whole scan in a process of its own.

`python -m tests.faults.true_scanner STORE SOURCE LIST WORKERS BATCH ALTERED`

Tells each finding and each unscreened item as one line of JSON, and at the end the summary and the most memory that the
process ever held.
"""

import dataclasses
import json
import resource
import sys

from unseen import scan as pipeline
from unseen.casework.scanning import ScanSettings, ScanWatchers, run_scan
from unseen.model import Altered, Finding, Gathered, InNoCase, NotScreened

# Small enough that a test is killed between many batches.
BATCH_ITEMS = 5


def main() -> None:
    """Scan to the end, or until killed."""
    store, source, known, workers, batch_items, altered = sys.argv[1:]
    pipeline.BATCH_ITEMS = int(batch_items)
    settings = ScanSettings(
        store=store, sources=(source,), lists=(known,), workers=int(workers), altered=Altered(altered)
    )
    for told in run_scan(settings, watchers=ScanWatchers(progress=lambda _: None)):
        match told:
            case Finding():
                line = ["finding", told.id, str(told.locator), len(told.matches)]
            case NotScreened():
                line = ["not_screened", told.reason.value, str(told.locator)]
            case Gathered() | InNoCase():
                continue
            case summary:
                counts = dataclasses.asdict(summary)
                counts.pop("seconds")
                # Another in each ledger.
                assert counts.pop("ledger_checkpoint")
                line = ["summary", counts, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
