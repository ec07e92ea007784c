"""Blocks of which pages of audits are made, as `page.html` draws them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from unseen.reports.shown import show

__all__ = ["Block", "code", "fact", "section", "style", "table", "texts", "time"]

Block = dict[str, Any]


def style() -> str:
    """The style of every page, and of plots."""
    here = Path(__file__).parent
    return "".join(path.read_text(encoding="utf-8") for path in (here.parent / "page.css", here / "plot.css"))


def time(at_utc: str) -> str:
    """A moment as people read it."""
    return at_utc.replace("T", " ").removesuffix("Z") + " UTC"


def code(text: str) -> dict[str, str]:
    """Text of somebody else, shown so that it can do no harm."""
    return {"code": show(text)}


def fact(name: str, *cells: Any) -> Block:
    """A name and what is said of it."""
    return {"name": name, "cells": list(cells)}


def texts(texts: Iterable[str], *, grave: bool = False) -> list[Block]:
    """Paragraphs."""
    return [{"kind": "text", "text": text, "grave": grave} for text in texts]


def table(name: str, head: list[str], rows: list[list[Any]], numeric: Iterable[int] = ()) -> Block:
    """A table; `numeric` names the columns that hold numbers."""
    return {"kind": "table", "name": name, "head": head, "numeric": list(numeric), "rows": rows}


def section(title: str, blocks: list[Block]) -> Block:
    """A heading and what stands under it."""
    return {"title": title, "blocks": blocks}
