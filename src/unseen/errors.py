"""Every error that unseen raises on purpose.

UnseenError                     .hint, .exit_code
├── UsageError                  asked for the impossible                          exit 2
│   ├── PixelsError             an array that is not a picture
│   ├── HeldError               a legal hold forbids to erase it
│   ├── ThresholdError          a threshold outside what the index was built for
│   └── SignalMismatchError     hash and list speak different signals
├── SourceError                 a source cannot be opened or read                 exit 3
├── ListError                   a hash list cannot be used                        exit 3
│   └── ListFormatError         with path, line, what was expected, what was found
├── ExchangeError               a service that shares lists cannot be asked       exit 3
│   └── AnswerTooLargeError     it answers with more than anybody asked for
├── StoreError                  the store cannot be opened, read or written       exit 3
│   ├── StoreDamagedError       its SQLite file is torn, altered or foreign
│   └── ClaimLostError          a letter is in other hands by now
├── IndexFileError              a saved index is torn, altered or foreign         exit 3
├── SandboxError                the kernel cannot lock a decoding worker          exit 3
├── SigningKeyError             a signing key cannot be made, read or trusted     exit 3
└── VerificationError           evidence does not verify; never caught, continued exit 4
    ├── MalformedError          a note, key, proof or entry breaks its format
    ├── LedgerBrokenError       with the index, what was expected, what was found
    └── ReportMismatchError     a report is not the one that was recorded

An item that cannot be screened is not an error but a value with a reason: see `unseen.model.Reason`.
"""

__all__ = [
    "AnswerTooLargeError",
    "ClaimLostError",
    "ExchangeError",
    "HeldError",
    "IndexFileError",
    "LedgerBrokenError",
    "ListError",
    "ListFormatError",
    "MalformedError",
    "PixelsError",
    "ReportMismatchError",
    "SandboxError",
    "SignalMismatchError",
    "SigningKeyError",
    "SourceError",
    "StoreDamagedError",
    "StoreError",
    "ThresholdError",
    "UnseenError",
    "UsageError",
    "VerificationError",
]


class UnseenError(Exception):
    """Base of every error raised on purpose: a fact, and a hint what to do next."""

    exit_code = 3

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(UnseenError):
    """What was asked for is impossible."""

    exit_code = 2


class PixelsError(UsageError):
    """An array is not uint8[h, w, 3] or uint8[h, w] with at least one pixel."""


class HeldError(UsageError):
    """What shall be erased is under a legal hold.

    Attributes:
        holds: Numbers of the holds.
    """

    def __init__(self, message: str, *, holds: tuple[int, ...], hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.holds = holds


class ThresholdError(UsageError):
    """A threshold lies outside the range that was promised."""


class SignalMismatchError(UsageError):
    """A hash and a list speak different signals."""


class SourceError(UnseenError):
    """A source cannot be opened or read."""


class ListError(UnseenError):
    """A hash list cannot be used."""


class ListFormatError(ListError):
    """A line of a list is not what its format promises."""

    def __init__(self, path: str, line: int, *, expected: str, found: str, hint: str = "") -> None:
        super().__init__(f"{path} line {line}: expected {expected}, found {found}", hint=hint)
        self.path = path
        self.line = line
        self.expected = expected
        self.found = found


class ExchangeError(UnseenError):
    """A service cannot be asked, or answers what it must not.

    Attributes:
        status: HTTP's, where an answer came.
        is_unheard: Whether the question cannot have arrived: there was no connection.
    """

    def __init__(self, message: str, *, hint: str = "", status: int | None = None, is_unheard: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.is_unheard = is_unheard


class AnswerTooLargeError(ExchangeError):
    """An answer is larger than the bound that was set for it."""


class StoreError(UnseenError):
    """The store cannot be opened, read or written."""


class StoreDamagedError(StoreError):
    """The store's SQLite file is torn, altered or foreign; for `unseen verify` it does not verify."""


class ClaimLostError(StoreError):
    """A letter that was in hand is in other hands by now, or a person has decided about it: nothing more is done."""


class IndexFileError(UnseenError):
    """A saved index is torn, altered or foreign; it is refused, never searched."""


class SandboxError(UnseenError):
    """The kernel cannot lock a decoding worker."""


class SigningKeyError(UnseenError):
    """A signing key cannot be made, read or trusted."""


class VerificationError(UnseenError):
    """Evidence does not verify. Whoever catches this stops; nothing goes on as if it did."""

    exit_code = 4


class MalformedError(VerificationError):
    """A signed note, key, proof or entry is not what its format promises; `reason` is one of a closed set."""

    def __init__(self, what: str, reason: str, *, hint: str = "") -> None:
        super().__init__(f"{what} is malformed: {reason.replace('_', ' ')}", hint=hint)
        self.reason = reason


class LedgerBrokenError(VerificationError):
    """The ledger is not what was signed: `index` is the first entry concerned, where one is."""

    def __init__(
        self, message: str, *, index: int | None = None, expected: str = "", found: str = "", hint: str = ""
    ) -> None:
        both = f": expected {expected}, found {found}" if expected or found else ""
        super().__init__(message + both, hint=hint)
        self.index = index
        self.expected = expected
        self.found = found


class ReportMismatchError(VerificationError):
    """A report is not the one that was recorded."""
