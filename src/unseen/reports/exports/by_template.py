"""A case by a template, one that comes with the program or one of the user's own."""

from pathlib import Path
from typing import Any

from unseen.errors import UsageError
from unseen.reports.exports.fields import case_fields
from unseen.reports.exports.values import ExportedCase
from unseen.reports.shown import show

__all__ = ["TEMPLATES", "case_by_template", "read_template"]

_FOLDER = Path(__file__).parent / "templates"
# By the form of the export.
TEMPLATES = {"police": "police.md", "iwf": "iwf.txt", "nca": "nca.json"}
# A letter, not a library.
_BYTES_MAX = 1 << 20
_HINT = "docs/reference/case-fields.md names what a template may use"


def read_template(form: str, path: str | None) -> str:
    """Read the template of a form, or the file that the user gives in its place.

    Raises:
        UsageError: It cannot be read, is too large, or is no text.
    """
    place = _FOLDER / TEMPLATES[form] if path is None else Path(path)
    try:
        with place.open("rb") as file:
            body = file.read(_BYTES_MAX + 1)
        if len(body) > _BYTES_MAX:
            raise UsageError(f"{place} has more than {_BYTES_MAX:,} bytes")
        return body.decode("utf-8")
    except OSError as error:
        raise UsageError(f"cannot read {place}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{place} is no text in UTF-8: {error.reason} at byte {error.start}") from error


def case_by_template(case: ExportedCase, template: str, name: str) -> bytes:
    """Fill a template with the values of a case.

    Names of files are strangers': wherever a value is put into the text, what cannot be seen in it becomes an escape,
    as in reports; through `tojson` it is exact. Where the name ends in `.html`, markup in values is escaped.

    Args:
        case: What is exported.
        template: Of Jinja; it can reach the values and nothing else.
        name: Of its file, for messages.

    Raises:
        UsageError: The template is wrong, or asks for a value that there is not; the message names the line.
    """
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    is_page = name.endswith((".html", ".htm"))
    places = ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined,
        autoescape=is_page,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_finalize,
    )
    try:
        text = places.from_string(template).render(case_fields(case))
    except jinja2.TemplateSyntaxError as error:
        raise UsageError(f"{name}, line {error.lineno}: {error.message}", hint=_HINT) from error
    except Exception as error:  # whatever a template of somebody's own can raise
        raise UsageError(f"{name}: {error}", hint=_HINT) from error
    return text.encode("utf-8", "backslashreplace")


def _finalize(value: Any) -> Any:
    """What is not on record prints as such; text of others as it can be read in one way only."""
    if value is None:
        return "not on record"
    if isinstance(value, bool):
        return "yes" if value else "no"
    # Markup is what `tojson` and the like have made safe.
    return show(value) if type(value) is str else value
