"""One JSON document that need not fit into memory: walk its members, take out one value after the other."""

import json
from collections.abc import Iterator

from unseen.lists.values import BadValueError

__all__ = ["VALUE_CHARS_MAX", "JsonReader"]

# The largest value that is taken out whole. A medium of a VICS export with its files and metadata has some 10 kB.
VALUE_CHARS_MAX = 16_000_000

_BLANK = " \t\r\n"
# Raw, so that what stands behind a value is left for the next.
_decode = json.JSONDecoder().raw_decode


class JsonReader:
    """Reads a document from front to back; holds one value and one block of text.

    Attributes:
        line: Line of the next character, from 1.
    """

    def __init__(self, blocks: Iterator[str]) -> None:
        self._blocks = blocks
        self._text = ""
        self._at = 0
        self._counted = 0
        self._lines = 0

    @property
    def line(self) -> int:
        """Line of the next character, from 1."""
        self._lines += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._lines + 1

    def peek(self) -> str:
        """The next character that is not blank; empty at the end."""
        while True:
            text, at = self._text, self._at
            while at < len(text) and text[at] in _BLANK:
                at += 1
            self._at = at
            if at < len(text):
                return text[at]
            if not self._more():
                return ""

    def take(self, character: str) -> None:
        """Step over one character that must stand here.

        Raises:
            BadValueError: Another stands here.
        """
        found = self.peek()
        if found != character:
            raise BadValueError(f"{character!r} in JSON", repr(found) if found else "the end")
        self._at += 1

    def value(self) -> object:
        """Take out the value that stands here.

        Raises:
            BadValueError: What stands here is no JSON, nested too deeply, or too large.
        """
        self.peek()
        while True:
            try:
                value, end = _decode(self._text, self._at)
            except RecursionError:
                raise BadValueError("a JSON value", "one nested too deeply") from None
            except json.JSONDecodeError as error:
                # It may only be cut by the end of the block.
                if self._more():
                    continue
                raise BadValueError("a JSON value", error.msg.lower()) from None
            except ValueError:
                raise BadValueError("a JSON value", "a number of too many digits") from None
            # A number that ends with the block may go on in the next.
            if end == len(self._text) and self._more():
                continue
            self._at = end
            return value

    def members(self) -> Iterator[str]:
        """The keys of the object that stands here; the caller takes out each value before the next key."""
        self.take("{")
        if self.peek() == "}":
            self._at += 1
            return
        while True:
            key = self.value()
            if not isinstance(key, str):
                raise BadValueError("a key in JSON", f"a JSON {type(key).__name__}")
            self.take(":")
            yield key
            if not self._goes_on("}"):
                return

    def elements(self) -> Iterator[None]:
        """Stop before each element of the array that stands here; the caller takes it out."""
        self.take("[")
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            yield
            if not self._goes_on("]"):
                return

    def end(self) -> None:
        """Nothing may follow.

        Raises:
            BadValueError: Something does.
        """
        if self.peek():
            raise BadValueError("the end", "more after the document")

    def _goes_on(self, closing: str) -> bool:
        found = self.peek()
        if found not in {",", closing}:
            raise BadValueError(f"',' or {closing!r} in JSON", repr(found) if found else "the end")
        self._at += 1
        return found == ","

    def _more(self) -> bool:
        """Read on; by as much again as is held, so that a long value is not tried once for each block."""
        held = len(self._text) - self._at
        if held > VALUE_CHARS_MAX:
            raise BadValueError(
                f"a JSON value of at most {VALUE_CHARS_MAX} characters", "a longer one, or one without end"
            )
        _ = self.line
        pieces = [self._text[self._at :]]
        read = 0
        for block in self._blocks:
            pieces.append(block)
            read += len(block)
            if read >= held:
                break
        self._text = "".join(pieces)
        self._at = self._counted = 0
        return read > 0
