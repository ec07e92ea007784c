"""Options that several commands share, spelled and explained once."""

from typing import Annotated, Any, Literal

import typer

__all__ = [
    "DEFAULT_STORE",
    "Altered",
    "Facts",
    "Json",
    "KeepHashes",
    "Lists",
    "Passwords",
    "Signal",
    "Store",
    "Subject",
    "Threshold",
    "Unsandboxed",
    "VerifyFirst",
    "Video",
    "Workers",
    "new_app",
]

DEFAULT_STORE = "unseen-store"

Json = Annotated[bool, typer.Option("--json", help="Write JSON Lines to stdout.")]
Store = Annotated[
    str,
    typer.Option("--store", metavar="PATH", envvar="UNSEEN_STORE", help="Directory of the store, or postgresql://..."),
]
Lists = Annotated[
    list[str] | None,
    typer.Option(
        "--list",
        metavar="LIST",
        help="A list of the store, or a file that holds one, for this run; may be repeated. Default: every list of the"
        " store.",
    ),
]
Threshold = Annotated[
    int,
    typer.Option(
        "--threshold-bits",
        metavar="BITS",
        min=0,
        max=64,
        help="Largest PDQ distance that counts as a match, inclusive.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option("--workers", metavar="N", min=1, max=256, help="Decoding processes. Default: one for each core."),
]
Signal = Annotated[
    str | None,
    typer.Option(
        "--signal", metavar="SIGNAL", help="Signal of values that name none: pdq, md5, sha1 or sha256, or another."
    ),
]
Video = Annotated[
    Literal["fast", "thorough"],
    typer.Option(
        "--video", help="How videos are looked at: fast by keyframes where they suffice, thorough each second."
    ),
]
Altered = Annotated[
    Literal["off", "fast", "thorough"],
    typer.Option(
        "--altered",
        help="How far cropped, framed, tilted or embedded copies of known pictures are looked for.",
    ),
]
KeepHashes = Annotated[
    str,
    typer.Option(
        "--keep-hashes",
        metavar="off|DAYS|exhibit",
        help="How long hashes of what matched nothing are kept, for a recheck: not at all, so many days, or as long as"
        " the exhibit.",
    ),
]
Subject = Annotated[
    str | None,
    typer.Option("--subject", metavar="KIND:ID", help="Whose the files are: account, device, upload or exhibit."),
]
Facts = Annotated[
    str | None,
    typer.Option("--facts", metavar="FILE", help="Of each item whose it is and how it came, as JSON Lines."),
]
Passwords = Annotated[
    str | None,
    typer.Option("--passwords", metavar="FILE", help="Passwords for encrypted containers, one in each line, in UTF-8."),
]
VerifyFirst = Annotated[
    bool,
    typer.Option(
        "--verify-first",
        help="Compare E01 images with the digests of their acquisition before anything is screened, too.",
    ),
]
Unsandboxed = Annotated[
    bool,
    typer.Option(
        "--unsafe-no-sandbox",
        help="Decode even where the kernel cannot lock the decoders: for files you trust only.",
    ),
]


def new_app(**settings: Any) -> typer.Typer:
    """A Typer app in the habits of this program: plain help, our own errors, nothing installed into shells."""
    return typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        **settings,
    )
