"""What has one door is not reached by another."""

from tests.house.tree import SOURCE


def test_casework_opens_stores_by_the_door_that_knows_both_kinds() -> None:
    """A store on a server needs a folder for its files, which `unseen.casework.proof.places` finds."""
    opening = {path.name for path in (SOURCE / "casework").rglob("*.py") if "open_store(" in path.read_text()}
    assert opening == {"places.py"}
