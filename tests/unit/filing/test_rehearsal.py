"""A rehearsal over a real line."""

import hashlib
import socket
import struct
import time
from collections.abc import Callable, Iterator

import pytest
from tests.unit.filing.reports import plain_details, plain_report

from unseen.errors import ExchangeError
from unseen.exchanges.credentials import Login, Secret
from unseen.exchanges.service import Service
from unseen.exchanges.timing import Timing
from unseen.filing.cybertipline.calls import CyberTipline, Upload
from unseen.filing.cybertipline.replies import Done, Reply, read_reply
from unseen.filing.cybertipline.schema import to_xml
from unseen.filing.rehearsal import Desk, Fault, RehearsalServer
from unseen.model import UnreadError

REPORT = to_xml(plain_report(), "report")
Serve = Callable[..., tuple[CyberTipline, RehearsalServer]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers; all are closed afterwards."""
    opened: list[RehearsalServer | Service] = []

    def start(password: str = "right", **settings: object) -> tuple[CyberTipline, RehearsalServer]:
        server = RehearsalServer(Desk(now=time.monotonic), login=("esp", "right"), **settings)  # type: ignore[arg-type]  # as given
        service = Service(
            server.address,
            timing=Timing(time.time, lambda _: None, lambda: 0.0),
            login=Login("esp", Secret(password)),
        )
        opened.extend((server, service))
        return CyberTipline(service), server

    yield start
    for each in reversed(opened):
        each.close()


def _reply(content: bytes) -> Reply:
    reply = read_reply(content)
    assert isinstance(reply, Reply)
    return reply


def _open(tip: CyberTipline) -> int:
    report_id = _reply(tip.submit(REPORT).answer).report_id
    assert report_id is not None
    return report_id


def test_a_report_is_filed_from_opening_to_receipt(serve: Serve) -> None:
    """Every call is answered as the service answers it, and the receipt names the report and its file."""
    tip, server = serve()
    assert _reply(tip.status().answer).code == 0
    report_id = _open(tip)
    content = bytes(range(256)) * 1_000
    upload = Upload('holi"day\r\n.jpg', [content[:100_000], content[100_000:]], len(content))
    sent = tip.upload(report_id, upload)
    reply = _reply(sent.answer)
    assert reply.md5 == upload.md5 == hashlib.md5(content).hexdigest()
    assert upload.sha256 == hashlib.sha256(content).digest()
    assert content[:64] not in sent.request
    assert sent.request_id
    assert reply.file_id is not None
    assert _reply(tip.fileinfo(to_xml(plain_details(report_id, reply.file_id), "fileDetails")).answer).code == 0
    done = read_reply(tip.finish(report_id).answer)
    assert done == Done(0, report_id, (reply.file_id,))
    assert server.desk.filed[0].report == REPORT
    assert server.calls == ["/status", "/submit", "/upload", "/fileinfo", "/finish"]


def test_what_is_out_of_order_is_refused(serve: Serve) -> None:
    """A report whose elements are swapped is answered with code 4100, and opens nothing."""
    tip, server = serve()
    swapped = REPORT.replace(b"<incidentType>", b"<platform>x</platform><incidentType>")
    answer = tip.submit(swapped)
    assert (answer.status, _reply(answer.answer).code) == (400, 4100)
    assert server.desk.opened == 0


@pytest.mark.parametrize("body", [b"", b"<report>", b"<!DOCTYPE report><report/>", b"\xff\xfe<\x00"])
def test_what_is_no_xml_is_refused(serve: Serve, body: bytes) -> None:
    """What is no well-formed document is answered with code 4110."""
    tip, _ = serve()
    assert _reply(tip.submit(body).answer).code == 4110


def test_reports_end_once(serve: Serve) -> None:
    """What was finished or taken back can be neither again, and takes no more files."""
    tip, _ = serve()
    finished, retracted = _open(tip), _open(tip)
    assert isinstance(read_reply(tip.finish(finished).answer), Done)
    assert _reply(tip.retract(retracted).answer).code == 0
    for call in (tip.finish, tip.retract, lambda number: tip.upload(number, Upload("a", [b"x"], 1))):
        assert _reply(call(finished).answer).code == 5102
        assert _reply(call(retracted).answer).code == 5101


def test_details_are_taken_once_and_of_known_files(serve: Serve) -> None:
    """Details of a file that was not uploaded, or was told of already, are refused."""
    tip, _ = serve()
    report_id = _open(tip)
    assert _reply(tip.fileinfo(to_xml(plain_details(report_id), "fileDetails")).answer).code == 5002
    file_id = _reply(tip.upload(report_id, Upload("a", [b"x"], 1)).answer).file_id or ""
    details = to_xml(plain_details(report_id, file_id), "fileDetails")
    assert [_reply(tip.fileinfo(details).answer).code for _ in range(2)] == [0, 4000]


def test_reports_are_forgotten_in_time() -> None:
    """An unfinished report is gone a day after its opening, or an hour after its last change if that is later."""
    now = [0.0]
    desk = Desk(now=lambda: now[0])

    def opened() -> str:
        return str(_reply(desk.submit(REPORT).body).report_id)

    first, second = opened(), opened()
    now[0] = 24 * 3600 - 10
    desk.upload(second, "0" * 32, 1)
    now[0] = 24 * 3600 + 1
    assert _reply(desk.upload(first, "0" * 32, 1).body).code == 5001
    assert _reply(desk.upload(second, "0" * 32, 1).body).code == 0
    now[0] += 3601
    assert _reply(desk.finish(second).body).code == 5001


def test_who_cannot_prove_who_it_is_is_told_nothing(serve: Serve) -> None:
    """Wrong credentials get status 401 and an empty body."""
    tip, server = serve(password="wrong")
    answer = tip.submit(REPORT)
    assert (answer.status, answer.answer) == (401, b"")
    assert server.desk.opened == 0


@pytest.mark.parametrize("fault", [Fault.BREAK_BEFORE, Fault.BREAK_AFTER])
def test_a_broken_line_is_an_error_and_no_second_call(serve: Serve, fault: Fault) -> None:
    """A call whose line breaks raises, was made once, and reached the desk or not as planned."""
    tip, server = serve(fault=lambda *_: fault)
    with pytest.raises(ExchangeError) as caught:
        tip.submit(REPORT)
    assert not caught.value.is_unheard
    assert server.calls == ["/submit"]
    assert server.desk.opened == (fault is Fault.BREAK_AFTER)


def test_whoever_hangs_up_is_not_talked_about(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    """A caller that resets the line in the middle of a call leaves nothing on the screen, and the next is served."""
    tip, server = serve()
    host, _, port = server.address.removeprefix("http://").partition("/")[0].partition(":")
    with socket.create_connection((host, int(port))) as line:
        line.sendall(b"POST /ispws/submit HTTP/1.1\r\nContent-Length: 100\r\n")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert _reply(tip.status().answer).code == 0
    server.close()
    assert capsys.readouterr().err == ""


def test_a_closed_door_is_known_as_such(serve: Serve) -> None:
    """Where nobody listens, the call is known not to have arrived."""
    tip, server = serve()
    server.close()
    with pytest.raises(ExchangeError) as caught:
        tip.submit(REPORT)
    assert caught.value.is_unheard


def test_spoilt_answers_are_not_read(serve: Serve) -> None:
    """A web page in place of an answer raises when it is read; a digest that is not ours is given as it came."""
    tip, server = serve(fault=lambda number, _: [Fault.NO_XML, None, Fault.WRONG_MD5][number])
    with pytest.raises(ExchangeError):
        read_reply(tip.submit(REPORT).answer)
    upload = Upload("a", [b"x"], 1)
    assert _reply(tip.upload(_open(tip), upload).answer).md5 != upload.md5
    assert server.desk.opened == 2


def test_a_file_of_another_size_is_not_sent_as_whole(serve: Serve) -> None:
    """A file that gives fewer or more bytes than it has by its record raises, and the report has no such file."""
    tip, server = serve()
    report_id = _open(tip)
    for size in (2, 0):
        with pytest.raises(UnreadError):
            tip.upload(report_id, Upload("a", [b"x"], size))
    tip.finish(report_id)
    assert server.desk.filed[0].files == ()
