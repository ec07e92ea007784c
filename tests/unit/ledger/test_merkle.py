"""The tree is that of RFC 6962, and its proofs prove nothing else."""

import random
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.ledger.ledgers import naive_root

from unseen.errors import LedgerBrokenError, UsageError
from unseen.ledger import merkle

LEAVES = [merkle.leaf_hash(bytes([n % 256, n // 256])) for n in range(3000)]


class Memory:
    """Complete subtrees of leaves held in memory, by definition."""

    def node(self, level: int, index: int) -> bytes:
        """See `merkle.NodeReader`."""
        return naive_root(LEAVES[index << level : (index + 1) << level])


def test_hashes_are_those_of_the_published_vectors() -> None:
    """Roots over the test inputs of Certificate Transparency are those that its implementations publish."""
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    leaves = [merkle.leaf_hash(bytes.fromhex(text)) for text in inputs]
    assert merkle.root_of([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert merkle.root_of(leaves[:1]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert merkle.root_of(leaves[:2]).hex() == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
    assert merkle.root_of(leaves[:3]).hex() == "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
    assert merkle.root_of(leaves[:8]).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@pytest.mark.parametrize("size", [*range(71), 255, 256, 257, 511, 512, 513, 1000, 2999])
def test_root_agrees_with_the_definition(size: int) -> None:
    """A row, a frontier and a range give the root that the recursive definition gives."""
    frontier = merkle.Frontier()
    for leaf in LEAVES[:size]:
        frontier.append(leaf)
    assert frontier.size == size
    expected = naive_root(LEAVES[:size])
    assert merkle.root_of(LEAVES[:size]) == frontier.root() == merkle.range_root(Memory(), 0, size) == expected


def test_frontier_hands_out_each_tile_once_when_it_is_full() -> None:
    """The 256th hash of a tile fills it; above it the roots of full tiles stand in a tile of their own."""
    frontier = merkle.Frontier()
    filled = [tile for n in range(65_536) for tile in frontier.append(LEAVES[n % 3000])]
    assert [(level, index) for level, index, _ in filled] == [(0, n) for n in range(256)] + [(1, 0)]
    assert filled[0][2] == b"".join(LEAVES[:256])
    assert filled[-1][2][:32] == naive_root(LEAVES[:256])
    assert frontier.root() == merkle.root_of([LEAVES[n % 3000] for n in range(65_536)])


@pytest.mark.parametrize("size", range(1, 71))
def test_every_entry_of_every_small_tree_has_a_proof(size: int) -> None:
    """Proofs of all indices verify, and at no other index, size, root or leaf."""
    root = naive_root(LEAVES[:size])
    for index in range(size):
        proof = merkle.inclusion_proof(Memory(), index, size)
        merkle.verify_inclusion(LEAVES[index], index, size, proof, root)
        for leaf, at, count, top in (
            (LEAVES[index + 1], index, size, root),
            (LEAVES[index], index, size, LEAVES[0] if size > 1 else LEAVES[1]),
            (LEAVES[index], index + size, size, root),
            (LEAVES[index], -1, size, root),
            *([(LEAVES[index], (index + 1) % size, size, root)] if size > 1 else []),
        ):
            with pytest.raises(LedgerBrokenError):
                merkle.verify_inclusion(leaf, at, count, proof, top)
        with pytest.raises(LedgerBrokenError):
            merkle.verify_inclusion(LEAVES[index], index, size, [*proof, LEAVES[0]], root)
        if proof:
            with pytest.raises(LedgerBrokenError):
                merkle.verify_inclusion(LEAVES[index], index, size, proof[:-1], root)


@pytest.mark.parametrize("new", range(1, 71))
def test_every_pair_of_small_trees_has_a_consistency_proof(new: int) -> None:
    """A tree begins with each of its older selves and with nothing else."""
    root = naive_root(LEAVES[:new])
    for old in range(new + 1):
        proof = merkle.consistency_proof(Memory(), old, new)
        before = naive_root(LEAVES[:old])
        merkle.verify_consistency((old, before), (new, root), proof)
        forged = sha256(before).digest()
        for first, last, steps in (
            ((old, forged), (new, root), proof),
            ((old, before), (new, forged), proof),
            ((old, before), (new, root), [*proof, before]),
            ((new + 1, root), (new, root), proof),
            ((old, before), (new, root), proof[:-1] if proof else [before]),
        ):
            if old == 0 and first == (old, before) and steps == proof:
                continue
            with pytest.raises(LedgerBrokenError):
                merkle.verify_consistency(first, last, steps)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3000), st.data())
def test_proofs_of_larger_trees_hold_and_any_flipped_bit_breaks_them(size: int, data: st.DataObject) -> None:
    """In trees of any size, a proof verifies as made and with no single bit altered."""
    old = data.draw(st.integers(1, size))
    index = data.draw(st.integers(0, size - 1))
    root, before = naive_root(LEAVES[:size]), naive_root(LEAVES[:old])
    path, steps = merkle.inclusion_proof(Memory(), index, size), merkle.consistency_proof(Memory(), old, size)
    merkle.verify_inclusion(LEAVES[index], index, size, path, root)
    merkle.verify_consistency((old, before), (size, root), steps)
    for proof in (path, steps):
        if not proof:
            continue
        at, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
        bad = list(proof)
        bad[at] = (int.from_bytes(bad[at]) ^ 1 << bit).to_bytes(32)
        with pytest.raises(LedgerBrokenError):
            merkle.verify_inclusion(
                LEAVES[index], index, size, bad, root
            ) if proof is path else merkle.verify_consistency((old, before), (size, root), bad)


def test_an_old_root_of_another_history_is_never_accepted() -> None:
    """Random proofs, and proofs of other sizes, prove nothing."""
    draw = random.Random(3)
    new = (37, naive_root(LEAVES[:37]))
    for _ in range(300):
        old = draw.randrange(1, 37)
        steps = merkle.consistency_proof(Memory(), draw.randrange(1, 37), 37)
        root = naive_root([*LEAVES[: old - 1], draw.randbytes(32)])
        with pytest.raises(LedgerBrokenError):
            merkle.verify_consistency((old, root), new, steps)


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0)])
def test_no_proof_is_made_for_what_is_not_there(index: int, size: int) -> None:
    """Asking for an entry beyond the end is a mistake of the caller."""
    with pytest.raises(UsageError):
        merkle.inclusion_proof(Memory(), index, size)


def test_no_proof_leads_backwards() -> None:
    """A consistency proof leads from a smaller tree to a larger one."""
    with pytest.raises(UsageError):
        merkle.consistency_proof(Memory(), 6, 5)
    with pytest.raises(LedgerBrokenError, match="shrunk from 6 entries to 5"):
        merkle.verify_consistency((6, LEAVES[0]), (5, LEAVES[0]), [])
