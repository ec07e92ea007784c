"""Items on their way, each below the container it lies in: a container is answered when all in it has been."""

from collections import deque
from dataclasses import dataclass, replace

from unseen.darkroom.develop import nothing_read
from unseen.model import Acquisition, Item, ItemHashes, Reason

__all__ = ["Answer", "Node", "changed", "close", "settle"]

Answer = tuple[Item, ItemHashes]


@dataclass(slots=True, eq=False)
class Node:
    """One item that was begun.

    Attributes:
        parent: What it lies in; None for an outermost item.
        depth: Containers around it.
        is_wanted: Whether it is answered at all, or only looked into.
        own: Its hashes, once they are there.
        trouble: Why not all in it could be looked into.
        is_delivered: Its bytes need not be asked for again.
        is_open: It is being looked into, or is about to be.
        is_carved: It is looked into for signs of pictures.
        outstanding: Members that are not answered yet.
        acquisition: What came of the digests stored in it.
    """

    item: Item
    parent: "Node | None" = None
    depth: int = 0
    is_wanted: bool = True
    own: ItemHashes | None = None
    trouble: Reason | None = None
    is_delivered: bool = False
    is_open: bool = False
    is_carved: bool = False
    outstanding: int = 0
    acquisition: Acquisition | None = None
    is_settled: bool = False


def settle(node: Node, answers: deque[Answer]) -> None:
    """Answer an item if nothing of it is missing any more, and then perhaps what it lies in."""
    at: Node | None = node
    while at is not None and not (at.is_settled or at.is_open or at.outstanding):
        if at.is_wanted:
            if at.own is None:
                return
            own = _with_trouble(at.own, at.trouble)
            if at.acquisition is not None:
                own = replace(own, acquisition=at.acquisition)
            answers.append((at.item, own))
        at.is_settled = True
        at = at.parent
        if at is not None:
            at.outstanding -= 1


def close(node: Node, trouble: Reason | None, answers: deque[Answer]) -> None:
    """Leave a container, for a reason if not all of it could be looked into."""
    node.is_open = False
    node.trouble = node.trouble or trouble
    if node.own is None and not node.is_delivered:
        node.own = nothing_read(trouble or Reason.READER_CRASHED)
        node.is_delivered = True
    settle(node, answers)


def _with_trouble(own: ItemHashes, trouble: Reason | None) -> ItemHashes:
    """What is said of an item of which something could not be looked into."""
    if trouble is None:
        return own
    if not own.is_decoded:
        return replace(own, reason=trouble) if own.reason in {Reason.NOT_MEDIA, Reason.KNOWN_FILE} else own
    if own.reason is Reason.LOW_QUALITY:
        # Of nothing that could be seen can a hash speak, and of the rest nothing is known.
        return replace(
            own,
            pdq=None,
            pdq_quality=None,
            variants=(),
            vpdq=None,
            video_mode=None,
            extra=(),
            reason=Reason.TRUNCATED,
        )
    return replace(own, reason=Reason.TRUNCATED)


def changed(hashes: ItemHashes) -> ItemHashes:
    """The digests of what was read, and nothing else."""
    return ItemHashes(
        size_bytes=hashes.size_bytes,
        sha256=hashes.sha256,
        sha1=hashes.sha1,
        md5=hashes.md5,
        reason=Reason.CHANGED,
    )
