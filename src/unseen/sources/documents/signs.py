"""How documents are recognised by their first bytes."""

from unseen.model import ByteSource

__all__ = ["is_ole", "is_pdf", "is_rtf"]

# Readers of PDF accept a little of anything before the header (ISO 32000-1, annex H, implementation note 13).
_PDF_HEADER_BYTES = 1024


def is_pdf(head: bytes, source: ByteSource) -> bool:
    """Whether a range is a PDF: see `Format.is_mine`."""
    del source
    return head.find(b"%PDF-", 0, _PDF_HEADER_BYTES) >= 0


def is_ole(head: bytes, source: ByteSource) -> bool:
    """Whether a range is an OLE compound file: see `Format.is_mine`."""
    del source
    return head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


def is_rtf(head: bytes, source: ByteSource) -> bool:
    """Whether a range is an RTF document: see `Format.is_mine`. Readers accept less than its whole name."""
    del source
    return head.startswith(b"{\\rt")
