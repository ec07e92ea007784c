"""The pages on the ledger's formats show what the program writes."""

import pytest
from tests.docs.ledger_example import make_example
from tests.docs.sessions import blocks
from tests.house.tree import ROOT

FORMATS = ROOT / "docs" / "reference" / "formats"
SHOWN = {
    "ledger-v1.md": ["entries", "leaves", "checkpoint", "key", "ledger"],
    "bundle-v1.md": ["proof", "opening", "bundle", "manifest"],
}


@pytest.mark.parametrize("page", SHOWN)
def test_examples_are_what_the_program_writes(page: str) -> None:
    """Each part of the example stands on its page, whole and in one block."""
    example = make_example()
    shown = {block.text.strip("\n") for block in blocks(FORMATS / page)}
    assert [part for part in SHOWN[page] if example[part].strip("\n") not in shown] == []
