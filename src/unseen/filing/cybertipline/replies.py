"""What the service answers, read with the same care as anything from outside."""

from dataclasses import dataclass

from unseen.errors import ExchangeError
from unseen.exchanges.markup import read_xml, tag_of, text_of

__all__ = ["Done", "Reply", "read_reply"]

# An identifier of a file has 32 hexadecimal digits; far longer ones are no identifiers.
ID_CHARS_MAX = 128
FILES_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to any call but the last.

    Attributes:
        code: 0 for success; else one of the service's codes.
        description: Its words.
        report_id: Which report it is about, where it says so.
        file_id: Of a file that was uploaded.
        md5: What the service received, where a file was uploaded: in lower-case hexadecimal.
    """

    code: int
    description: str
    report_id: int | None = None
    file_id: str | None = None
    md5: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The answer to the last call: the report is filed, with these files. It is the receipt."""

    code: int
    report_id: int
    file_ids: tuple[str, ...]


def read_reply(content: bytes) -> Reply | Done:
    """Read an answer.

    Raises:
        ExchangeError: It is none that the service's schema knows.
    """
    root = read_xml(content, "the service's answer")
    kind = tag_of(root)
    fields: dict[str, str] = {}
    files: list[str] = []
    for child in root:
        name = tag_of(child)
        if name == "files":
            files += [_token(text_of(each)) for each in child]
        elif name in fields:
            raise ExchangeError(f"the service's answer says {name} twice")
        else:
            fields[name] = text_of(child)
    if len(files) > FILES_MAX:
        raise ExchangeError("the service's answer names more files than any report has")
    code = _number(fields.get("responseCode"), "responseCode")
    if kind == "reportDoneResponse":
        return Done(code, _number(fields.get("reportId"), "reportId"), tuple(files))
    if kind != "reportResponse":
        raise ExchangeError("the service's answer is of no kind that we know")
    report_id = _number(fields["reportId"], "reportId") if fields.get("reportId") else None
    file_id = _token(fields["fileId"]) if fields.get("fileId") else None
    md5 = fields.get("hash", "").lower() or None
    return Reply(code, fields.get("responseDescription", ""), report_id, file_id, md5)


def _number(text: str | None, name: str) -> int:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 19:
        raise ExchangeError(f"the service's answer has no {name}")
    return int(text)


def _token(text: str) -> str:
    if not text.isascii() or not text.isalnum() or len(text) > ID_CHARS_MAX:
        raise ExchangeError("the service's answer names a file by something that is no identifier")
    return text
