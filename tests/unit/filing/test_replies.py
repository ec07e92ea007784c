"""Answers of the service, and of whoever pretends to be it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unseen.errors import ExchangeError
from unseen.filing.cybertipline.replies import Done, Reply, read_reply


def test_the_answers_of_the_documentation_are_read() -> None:
    """Both kinds of answers are read, digests in lower case whatever the service writes."""
    head = "<?xml version='1.0' encoding='UTF-8' standalone='yes'?>"
    body = (
        "<responseCode>0</responseCode><responseDescription>Success</responseDescription><reportId>4564654</reportId>"
    )
    assert read_reply(f"{head}<reportResponse>{body}</reportResponse>".encode()) == Reply(0, "Success", 4564654)
    file = "<fileId>b0754af766b426f2928b651c651ed3d6</fileId><hash>FAFA5EFEAF3CBE3B23B2748D13E629A1</hash>"
    assert read_reply(f"{head}<reportResponse>{body}{file}</reportResponse>".encode()) == Reply(
        0, "Success", 4564654, "b0754af766b426f2928b651c651ed3d6", "fafa5efeaf3cbe3b23b2748d13e629a1"
    )
    done = "<responseCode>0</responseCode><reportId>7</reportId><files><fileId>ab</fileId><fileId>cd</fileId></files>"
    assert read_reply(f"{head}<reportDoneResponse>{done}</reportDoneResponse>".encode()) == Done(0, 7, ("ab", "cd"))


@pytest.mark.parametrize(
    "body",
    [
        "<html/>",
        "<reportResponse/>",
        "<reportResponse><responseCode>zero</responseCode></reportResponse>",
        "<reportResponse><responseCode>-1</responseCode></reportResponse>",
        "<reportResponse><responseCode>0</responseCode><responseCode>1</responseCode></reportResponse>",
        "<reportResponse><responseCode>0</responseCode><reportId>99999999999999999999</reportId></reportResponse>",
        "<reportResponse><responseCode>0</responseCode><fileId>../x</fileId></reportResponse>",
        "<reportDoneResponse><responseCode>0</responseCode></reportDoneResponse>",
        "<!DOCTYPE x [<!ENTITY a 'b'>]><reportResponse><responseCode>&a;</responseCode></reportResponse>",
    ],
)
def test_what_is_no_answer_is_an_error(body: str) -> None:
    """What the service's schema does not know is refused, never guessed at."""
    with pytest.raises(ExchangeError):
        read_reply(body.encode())


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: f"<reportResponse>{text}".encode()))
def test_any_bytes_end_in_an_answer_or_an_error(content: bytes) -> None:
    """Whatever comes back is read or refused; nothing else happens."""
    try:
        read_reply(content)
    except ExchangeError:
        return
