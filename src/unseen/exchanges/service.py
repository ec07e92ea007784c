"""Questions to a service by HTTPS: bounded in time and size, asked again where that is safe, secrets kept out of sight.

Certificates are verified always, against the system's authorities (`SSL_CERT_FILE` adds one); a proxy is taken from
`HTTPS_PROXY`. Only GET is repeated: whoever sends something must know whether it arrived.
"""

import logging
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from types import TracebackType
from typing import TYPE_CHECKING, Self

from unseen.errors import AnswerTooLargeError, ExchangeError, UsageError
from unseen.exchanges.credentials import Login, Secret
from unseen.exchanges.deadline import Line
from unseen.exchanges.timing import Patience, Timing, wait_s, wanted_wait_s

if TYPE_CHECKING:
    import httpx

__all__ = ["Answer", "Service", "check_address"]

# A page of 1,000 entries is about a megabyte; opinions and labels can multiply that.
ANSWER_BYTES_MAX = 64 << 20
# A service that moved within its host; more are a circle.
REDIRECTS_MAX = 3
# Names of questions are kept with them; longer ones are no names.
REQUEST_ID_CHARS_MAX = 200
_PASSING = frozenset({429, 500, 502, 503, 504})
_MOVED = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered; its status was one of success, unless whoever asked wanted any.

    Attributes:
        status: 200 ... 299.
        content: The body, whole.
        media_type: As the service named it, in lower case, without parameters.
        at_s: When, by the service's own clock, in seconds since 1970; None where it does not say.
        request_id: By what name the service keeps the question, where it says so in `Request-ID`.
    """

    status: int
    content: bytes
    media_type: str
    at_s: float | None
    request_id: str = ""


class Service:
    """A service at one address, with what proves who asks."""

    def __init__(
        self,
        base: str,
        *,
        timing: Timing,
        login: Login | None = None,
        headers: Mapping[str, Secret | str] | None = None,
        query: Mapping[str, Secret] | None = None,
        patience: Patience | None = None,
    ) -> None:
        """Prepare to ask; nothing is sent yet.

        Args:
            base: Address that every path is appended to; https, or http to this machine itself.
            timing: Clock, sleep and chance.
            login: For HTTP Basic.
            headers: Sent with every question.
            query: Secrets that a service wants in the address; added to every question, shown in no message.
            patience: Bounds of waiting.

        Raises:
            UsageError: The address is none, or would send secrets over a network in the clear.
        """
        import httpx

        self._base = _checked(base)
        self._timing = timing
        self._patience = patience or Patience()
        self._query = dict(query or {})
        self._line = Line()
        given = {name: one.reveal() if isinstance(one, Secret) else one for name, one in (headers or {}).items()}
        logging.getLogger("httpx").addFilter(_names_no_address)
        self._client = httpx.Client(
            auth=(login.user, login.password.reveal()) if login else None,
            # What is packed can swell; and it would not be worth the care.
            headers={"User-Agent": "unseen", "Accept-Encoding": "identity"} | given,
            verify=ssl.create_default_context(),
            timeout=httpx.Timeout(self._patience.read_s, connect=self._patience.connect_s),
            follow_redirects=False,
            limits=httpx.Limits(max_connections=1),
        )

    @property
    def host(self) -> str:
        """Whom the questions go to, as errors name it."""
        return self._base.host

    def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        size_max_bytes: int = ANSWER_BYTES_MAX,
    ) -> Answer:
        """Ask for something; again, with growing waits, where the failure may pass.

        Args:
            path: Appended to the base, or a whole address on the same host, as services give for a next page.
            params: Query; added to what the path has.
            size_max_bytes: Larger answers are refused before they are read.

        Raises:
            AnswerTooLargeError: The answer is larger.
            ExchangeError: No answer, or not one of success; `status` holds what the service said.
            UsageError: A whole address on another host: secrets would follow.
        """
        url = self._address(path)
        for attempt in range(1, self._patience.tries + 1):
            try:
                return self._follow(url, params, size_max_bytes)
            except _PassingError as failure:
                if attempt == self._patience.tries or failure.wanted_s > self._patience.wait_max_s:
                    raise failure.told() from None
                self._timing.sleep(wait_s(attempt, self._patience, self._timing, wanted_s=failure.wanted_s))
        raise AssertionError("tries is at least 1")

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        content: bytes | Iterable[bytes] = b"",
        size_bytes: int | None = None,
        media_type: str = "application/xml; charset=utf-8",
        takes_refusals: bool = False,
    ) -> Answer:
        """Send something, once: where no answer comes, nobody knows whether it arrived.

        Args:
            method: `PUT` or `POST`.
            path: As in `get`.
            params: Query.
            content: The body, or its pieces.
            size_bytes: Of all pieces together.
            media_type: Of the body.
            takes_refusals: Whether an answer of any status is wanted, since the body says what is wrong.

        Raises:
            ExchangeError: No answer, or not one of success.
            UsageError: An address on another host.
        """
        sent = {"Content-Type": media_type}
        if size_bytes is not None:
            sent["Content-Length"] = str(size_bytes)
        question = _Question(content, sent, takes_refusals=takes_refusals)
        try:
            return self._once(method, self._address(path), params, ANSWER_BYTES_MAX, question)
        except _PassingError as failure:
            raise failure.told() from None

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Service({self.host!r})"

    def _address(self, path: str) -> "httpx.URL":
        import httpx

        try:
            if "://" in path.partition("?")[0]:
                url = httpx.URL(path)
            else:
                url = httpx.URL(f"{str(self._base).rstrip('/')}/{path.lstrip('/')}")
        except httpx.InvalidURL:
            raise ExchangeError(f"{self.host} gave an address that is none") from None
        if _origin(url) != _origin(self._base):
            raise ExchangeError(f"{self.host} sent us to {url.host or 'nowhere'}: secrets do not go to another host")
        return url

    def _follow(self, url: "httpx.URL", params: Mapping[str, str] | None, size_max_bytes: int) -> Answer:
        for _ in range(REDIRECTS_MAX + 1):
            try:
                return self._once("GET", url, params, size_max_bytes)
            except _MovedError as moved:
                # What was asked for stands in the new address, if the service still wants it there.
                url, params = self._address(str(url.join(moved.to))), None
        raise ExchangeError(f"{self.host} sends us round in circles")

    def _once(
        self,
        method: str,
        url: "httpx.URL",
        params: Mapping[str, str] | None,
        size_max_bytes: int,
        question: "_Question | None" = None,
    ) -> Answer:
        import httpx

        question = question or _Question()
        secrets = {name: secret.reveal() for name, secret in self._query.items()}
        asked = url.copy_merge_params(dict(params or {}) | secrets)
        try:
            with (
                self._line.limited(self._patience.answer_s),
                self._client.stream(
                    method,
                    asked,
                    content=question.content,
                    headers=question.headers,
                    extensions={"trace": self._line.notice},
                ) as response,
            ):
                if not question.takes_refusals:
                    self._check_status(response)
                body = self._body(response, size_max_bytes)
                return Answer(response.status_code, body, _media_type(response), _date(response), _request_id(response))
        except (httpx.TransportError, httpx.StreamError, OSError) as error:
            # From None throughout: these errors hold the request, and that holds the credentials.
            raise self._translate(error) from None

    def _check_status(self, response: "httpx.Response") -> None:
        status = response.status_code
        if 200 <= status < 300:
            return
        if status in _MOVED and response.request.method == "GET" and (to := response.headers.get("location")):
            raise _MovedError(to)
        if status in {401, 403}:
            raise ExchangeError(
                f"{self.host} refuses the credentials: status {status}",
                hint="are they for this service, and is this machine's address agreed with it?",
                status=status,
            )
        told = f"{self.host} answers with status {status}"
        if status in _PASSING:
            wanted_s = wanted_wait_s(response.headers.get("retry-after"), self._timing.now())
            raise _PassingError(told, status=status, wanted_s=wanted_s)
        raise ExchangeError(told, status=status)

    def _body(self, response: "httpx.Response", size_max_bytes: int) -> bytes:
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise ExchangeError(f"{self.host} packs its answer, though it was asked not to")
        body = bytearray()
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > size_max_bytes:
                raise AnswerTooLargeError(f"{self.host} answers with more than {size_max_bytes:,} bytes: refused")
        return bytes(body)

    def _translate(self, error: Exception) -> Exception:
        import httpx

        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return ExchangeError(
                f"{self.host} cannot prove who it is: its certificate does not verify",
                hint="where a proxy of your own opens connections, name its authority in SSL_CERT_FILE",
            )
        if self._line.is_cut:
            return ExchangeError(f"{self.host} does not finish an answer within {self._patience.answer_s:,.0f} s")
        if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
            return ExchangeError(f"{self.host} gave an address that is none")
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
            return _PassingError(f"{self.host} cannot be reached", is_unheard=True)
        if isinstance(error, httpx.TimeoutException):
            return _PassingError(f"{self.host} does not answer in time")
        return _PassingError(f"{self.host} broke its answer off")


@dataclass(frozen=True, slots=True)
class _Question:
    content: bytes | Iterable[bytes] | None = None
    headers: Mapping[str, str] | None = None
    takes_refusals: bool = False


class _PassingError(Exception):
    """A failure that may pass."""

    def __init__(
        self, message: str, *, status: int | None = None, wanted_s: float = 0.0, is_unheard: bool = False
    ) -> None:
        super().__init__(message)
        self.status = status
        self.is_unheard = is_unheard
        self.wanted_s = wanted_s

    def told(self) -> ExchangeError:
        asks = f", and asks to be left alone for {self.wanted_s:,.0f} s" if self.wanted_s else ""
        return ExchangeError(
            f"{self}{asks}",
            hint="run the same command again later; what came is kept",
            status=self.status,
            is_unheard=self.is_unheard,
        )


class _MovedError(Exception):
    """The service names another address."""

    def __init__(self, to: str) -> None:
        super().__init__()
        self.to = to


def check_address(base: str) -> None:
    """See whether a service may be asked at an address.

    Raises:
        UsageError: It is none, holds more than host and path, or would send secrets over a network in the clear.
    """
    _checked(base)


def _checked(base: str) -> "httpx.URL":
    import httpx

    try:
        url = httpx.URL(base)
    except httpx.InvalidURL:
        raise UsageError("the address of the service is none") from None
    if url.userinfo or url.query or url.fragment:
        raise UsageError("the address of the service holds more than host and path", hint="credentials go into a file")
    if not url.host or url.scheme not in {"https", "http"}:
        raise UsageError("the address of the service is none", hint="https://HOST/PATH")
    if url.scheme == "http" and not _is_loopback(url.host):
        raise UsageError(f"{url.host} would be asked in the clear: only https is", hint="https://HOST/PATH")
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _origin(url: "httpx.URL") -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _media_type(response: "httpx.Response") -> str:
    return str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()


def _date(response: "httpx.Response") -> float | None:
    try:
        return parsedate_to_datetime(response.headers.get("date", "")).timestamp()
    except (ValueError, OverflowError):
        return None


def _request_id(response: "httpx.Response") -> str:
    return str(response.headers.get("request-id", ""))[:REQUEST_ID_CHARS_MAX]


def _names_no_address(record: logging.LogRecord) -> bool:
    """Keep out of every log what the library says of addresses: those of some services hold a token."""
    return not record.msg.startswith("HTTP Request") if isinstance(record.msg, str) else True
