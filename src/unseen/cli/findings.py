"""`unseen findings`: list what scans have found, one row for each item."""

from unseen.cli import voice
from unseen.cli.options import DEFAULT_STORE, Json, Store, new_app

__all__ = ["app", "findings"]

app = new_app()


@app.command()
def findings(*, store: Store = DEFAULT_STORE, json: Json = False) -> int:
    """List what scans have found, one row for each item.

    However many scans saw an item, it stands here once, with the matches of the newest. Exits 1 where there is any.

    Example: unseen findings --json
    """
    from unseen.casework.findings import list_findings
    from unseen.cli import rows, tables

    count = 0
    for finding in list_findings(store):
        count += 1
        voice.show(rows.finding_row(finding, with_id=True), tables.finding_lines(finding, with_id=True), json=json)
    if not json:
        voice.write(f"{voice.plural(count, 'finding')}")
    return voice.FOUND if count else 0
