"""What a worker sends: the report as it was decided on, and the bytes of its files from where they were found."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from unseen.casework.filing.sending.rereading import Kept, Rereader, chunks_of, no_copy
from unseen.casework.filing.values import Composed, ComposedFile
from unseen.filing.cybertipline.calls import Upload
from unseen.filing.cybertipline.schema import Report, to_xml
from unseen.model import ByteSource, Finding, Reason, UnreadError
from unseen.store import Filing

__all__ = ["DecidedMaterial"]


class DecidedMaterial:
    """One filing. A `unseen.filing.cybertipline.pursuing.Material`.

    Attributes:
        files: How many go along.
    """

    def __init__(
        self,
        report: Report,
        files: tuple[ComposedFile, ...],
        findings: Mapping[str, Finding],
        rereader: Rereader,
        *,
        beat: Callable[[], None] = lambda: None,
        kept: Kept = no_copy,
    ) -> None:
        """Take what is to be sent.

        Args:
            report: All that is told beside the files.
            files: Those that go along.
            findings: Of these, by id.
            rereader: Gives their bytes.
            beat: Called for each piece that is read or sent; raises where nothing more may be sent.
            kept: Gives preserved copies, in place of what lies where the files were found.
        """
        self.files = len(files)
        self._report = report
        self._composed = files
        self._findings = findings
        self._rereader = rereader
        self._beat = beat
        self._kept = kept
        self._open = ExitStack()

    @classmethod
    def of(
        cls,
        filing: Filing,
        findings: Mapping[str, Finding],
        rereader: Rereader,
        *,
        beat: Callable[[], None],
        kept: Kept = no_copy,
    ) -> Self:
        """What was decided on, as the store has it."""
        told = [file.details for file in filing.files if file.details is not None]
        files = tuple(ComposedFile.model_validate_json(details) for details in told)
        return cls(Composed.of_json(filing.report).report, files, findings, rereader, beat=beat, kept=kept)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def report(self) -> bytes:
        """The document that opens it."""
        return to_xml(self._report, "report")

    def file(self, number: int) -> Upload:
        """The bytes of a file, read through once already, so that nothing else leaves in its place.

        Raises:
            UnreadError: It cannot be had any more, or is not what was found.
        """
        self._open.close()
        composed = self._composed[number]
        finding = self._findings.get(composed.finding)
        if finding is None:
            raise UnreadError(Reason.UNREADABLE)
        source = self._open.enter_context(self._rereader.open(finding, beat=self._beat, also=self._kept))
        return Upload(composed.name, self._beating(source), source.size_bytes)

    def sha256(self, number: int) -> bytes:
        """What a file had when it was found."""
        return bytes.fromhex(self._composed[number].sha256)

    def details(self, number: int, report_id: int, file_id: str) -> bytes:
        """The document that tells of a file."""
        return to_xml(self._composed[number].details_for(report_id, file_id), "fileDetails")

    def _beating(self, source: ByteSource) -> Iterator[bytes]:
        for chunk in chunks_of(source):
            self._beat()
            yield chunk
