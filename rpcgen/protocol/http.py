"""net/rpc over HTTP, without I/O: a CONNECT request, and from there on the same as over TCP.

``h11`` parses what the other side says. What this side says are a few fixed
lines, which stock Go expects to the byte.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from rpcgen.code import Code
from rpcgen.errors import DialError
from rpcgen.values.limits import Limits

try:
    import h11
except ModuleNotFoundError as error:
    raise DialError("HTTP needs the package h11: pip install 'rpcgen[http]'") from error

from .codec import ServerCodec
from .headers import Request
from .hosts import HostNames
from .registry import Registry
from .request_target import RequestTarget
from .routes import HttpRoutes
from .server import ServerProtocol
from .server_session import Cancellation, Event, Failure, Invocation, RawResponse, Stage

__all__ = ["ConnectHandshake", "HttpServerProtocol"]

# Chunks of a body that may be small; more of them must hold so many bytes each, on average.
_SMALL_CHUNKS = 1024
_LEAST_CHUNK = 64

_CONNECTED = b"200 Connected to Go RPC"


# Text of h11 for what goes beyond the size that it was given.
_TOO_LARGE = 431


class ConnectHandshake:
    """The client's side: what to send, and what must come back before the first call.

    Mirrors ``rpc.DialHTTPPath``.

    Args:
        path: Where the server has net/rpc.
        limits: Of these, `Limits.http_head`.

    Attributes:
        request: The bytes to send.
    """

    def __init__(self, path: str, limits: Limits | None = None) -> None:
        self.request = f"CONNECT {path} HTTP/1.0\n\n".encode()
        self._limits = limits or Limits()
        self._http = h11.Connection(h11.CLIENT, self._limits.http_head)
        # Said to h11 alone: it must know the request to understand the response.
        self._http.send(h11.Request(method="CONNECT", target=path, headers=[("Host", "")]))
        self._http.send(h11.EndOfMessage())

    def receive(self, data: bytes) -> bytes | None:
        """Take what the server says.

        Args:
            data: Bytes from the server, none at the end of the stream.

        Returns:
            What follows its consent; None to wait for more.

        Raises:
            DialError: If the server refuses, or is no HTTP server.
        """
        if not data:
            raise DialError("unexpected EOF instead of an HTTP response")
        try:
            self._http.receive_data(data)
            event = self._http.next_event()
        except h11.RemoteProtocolError as error:
            fault = _fault(error, self._limits.http_head)
            raise DialError(f"malformed HTTP response: {fault}") from None
        if not isinstance(event, h11.Response):
            return None  # more must come
        status = b"%d %s" % (event.status_code, event.reason)
        if status != _CONNECTED:
            raise DialError(f"unexpected HTTP response: {status.decode('latin-1')}")
        self._http.next_event()
        return self._http.trailing_data[0]


class HttpServerProtocol:
    """The server's side: net/rpc after a CONNECT, and a few pages besides.

    A `ServerSession` like `ServerProtocol`. Each connection has one request:
    after a CONNECT it belongs to net/rpc, after any other it is closed. Mirrors
    ``rpc.Server.ServeHTTP``.

    Args:
        registry: The services.
        routes: Where there is what.
        make_codec: Makes the codec of a connection of net/rpc.
        make_post_codec: Makes the codec of a POST, of JSON.
        longest_body: Maximum size of the body of a request, in bytes.
        hosts: The names under which browsers may ask for this server; None for
            the addresses of this machine.
        longest_head: Maximum size of the head of a request, in bytes.
    """

    served_calls: Final = None
    """No calls: the stream begins with HTTP."""

    def __init__(
        self,
        registry: Registry,
        routes: HttpRoutes,
        make_codec: Callable[[], ServerCodec],
        make_post_codec: Callable[[], ServerCodec],
        longest_body: int,
        hosts: HostNames | None = None,
        longest_head: int = Limits().http_head,
    ) -> None:
        self._registry = registry
        self._routes = routes
        self._make_codec = make_codec
        self._make_post_codec = make_post_codec
        self._longest_body = longest_body
        self._hosts = hosts or HostNames(None)
        self._longest_head = longest_head
        self._http = h11.Connection(h11.SERVER, longest_head)
        self._request: h11.Request | None = None
        # Why the request is refused once it is there as a whole: status and text.
        self._refusal: tuple[str, str] | None = None
        self._body = bytearray()
        self._size = self._chunks = 0
        # Session that the connection, or the body of a POST, turned out to be for.
        self._rpc: ServerProtocol | None = None
        self._posted = False
        self._over = False
        # Events from the beginning of the connection that were not asked for yet.
        self._events: deque[Event] = deque()

    @property
    def draining(self) -> bool:
        """True if no more requests can come."""
        return self._over or (self._rpc is not None and self._rpc.draining)

    @property
    def failure(self) -> str:
        """Why no more requests can come, if it was not the end of the stream."""
        return self._rpc.failure if self._rpc is not None and not self._posted else ""

    @property
    def stage(self) -> tuple[Stage, object]:
        """Stage of the connection, by what comes next; see `ServerProtocol.stage`."""
        if self._rpc is not None and not self._posted:
            return self._rpc.stage
        if self._over or self._rpc is not None:
            return Stage.IDLE, None
        return Stage.HANDSHAKE if self._request is None else Stage.BODY, self

    @property
    def is_cut(self) -> bool:
        """True if the last thing that was fed ended in the middle of a request."""
        return self._rpc is None or self._posted or self._rpc.is_cut

    def get_buffer(self) -> memoryview | None:
        """Say where to put the next bytes; see `ServerProtocol.get_buffer`.

        Returns:
            Memory for them; None to call `feed`.
        """
        if self._rpc is None or self._over or self._posted:
            return None
        return self._rpc.get_buffer()

    def buffer_updated(self, count: int) -> None:
        """Take what was put into `get_buffer`.

        Args:
            count: Number of the bytes.
        """
        assert self._rpc is not None
        self._rpc.buffer_updated(count)

    def receive(self, data: bytes) -> list[Event]:
        """Take bytes from the client.

        Args:
            data: The bytes.

        Returns:
            What there is to do.
        """
        self.feed(data)
        return list(iter(self.next_event, None))

    def feed(self, data: bytes) -> None:
        """Take bytes from the client, for `next_event` to say what they hold.

        Args:
            data: The bytes.
        """
        if self.draining or self._posted:
            return
        if self._rpc is not None:
            self._rpc.feed(data)
            return
        self._http.receive_data(data)
        try:
            self._events += self._receive_request()
        except h11.RemoteProtocolError as error:
            fault = _fault(error, self._longest_head)
            self._events += self._answer("400 Bad Request", f"{fault}\n")

    def is_large(self) -> bool:
        """Say whether `next_event` takes long; see `ServerProtocol.is_large`.

        Returns:
            True if a thread of its own pays.
        """
        return (
            not self._events and self._rpc is not None and not self._over and self._rpc.is_large()
        )

    def next_event(self) -> Event | None:
        """Return the next thing to do.

        Returns:
            What there is to do; None where there is nothing yet, or will be nothing.
        """
        if self._events:
            return self._events.popleft()
        if self._rpc is None or self._over:
            return None
        event: Event | None = self._rpc.next_event()
        if self._posted:
            self._over = True
            if event is None:
                text = self._rpc.failure or "the request is cut off"
                (event,) = self._answer("400 Bad Request", f"{text}\n")
        return event

    def receive_eof(self) -> list[Event]:
        """Take the end of the stream.

        Returns:
            What there is still to do.
        """
        self._over = True
        if self._rpc is not None and not self._posted:
            return self._rpc.receive_eof()
        return []

    def opened(self) -> None:
        """Take the beginning of the connection, which counts as one from its CONNECT on."""

    def closed(self) -> None:
        """Count the connection as one that has been closed, if it was one of net/rpc."""
        if self._rpc is not None and not self._posted:
            self._rpc.closed()

    def reply(self, invocation: Invocation, value: object) -> bytes:
        """Return the bytes of a response; see `ServerProtocol.reply`.

        Args:
            invocation: The call that it answers.
            value: The reply.

        Returns:
            The bytes.

        Raises:
            EncodeError: If the value does not fit.
        """
        assert self._rpc is not None
        return self._posted_answer(self._rpc.reply(invocation, value))

    def reply_parts(self, invocation: Invocation, value: object) -> Sequence[bytes]:
        """Return the bytes of a response in parts; see `ServerProtocol.reply_parts`.

        Args:
            invocation: The call that it answers.
            value: The reply.

        Returns:
            The parts, to send one after the other.

        Raises:
            EncodeError: If the value does not fit.
        """
        assert self._rpc is not None
        if self._posted:
            return [self.reply(invocation, value)]
        return self._rpc.reply_parts(invocation, value)

    def refuse(self, request: Request, error: str, code: Code = Code.UNKNOWN) -> bytes:
        """Return the bytes of an error response; see `ServerProtocol.refuse`."""
        assert self._rpc is not None
        return self._posted_answer(self._rpc.refuse(request, error, code))

    def fail(self, request: Request, failure: Failure) -> bytes:
        """Return the bytes of an error response; see `ServerProtocol.fail`."""
        assert self._rpc is not None
        return self._posted_answer(self._rpc.fail(request, failure))

    def answer_cancel(self, cancellation: Cancellation, found: bool) -> bytes:
        """Return the bytes of a response; see `ServerProtocol.answer_cancel`."""
        assert self._rpc is not None
        return self._posted_answer(self._rpc.answer_cancel(cancellation, found))

    def drain(self) -> None:
        """Refuse all requests from now on; see `ServerProtocol.drain`."""
        if self._rpc is not None:
            self._rpc.drain()

    @property
    def expects_notice(self) -> bool:
        """True if the client hangs up by itself; see `ServerProtocol.expects_notice`."""
        return self._rpc is not None and not self._posted and self._rpc.expects_notice

    def drain_notice(self, running: Iterable[Invocation]) -> bytes:
        """Return the bytes of the notice; see `ServerProtocol.drain_notice`."""
        assert self._rpc is not None
        return self._rpc.drain_notice(running)

    @property
    def headers(self) -> Mapping[str, str]:
        """Fields of the request that has opened the connection, by names in lower case."""
        if self._request is None:
            return {}
        fields = self._request.headers
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in fields}

    def _receive_request(self) -> list[Event]:
        events: list[Event] = []
        while True:
            event = self._http.next_event()
            if isinstance(event, h11.Request):
                self._request = event
                events += self._begin(event)
            elif isinstance(event, h11.Data):
                events += self._receive_body(event)
            elif isinstance(event, h11.EndOfMessage) and self._request is not None:
                return events + self._route(self._request)
            else:
                return events  # more must come
            if self._over:
                return events

    def _begin(self, request: h11.Request) -> list[Event]:
        """Look at the head of a request: a body that would be in vain need not be sent."""
        self._refusal = self._refuse_head(request)
        length = _field(request, b"content-length") or "0"
        if len(length) > 18 or int(length) > self._longest_body:
            return self._refuse_length()
        has_body, _ = self._http.trailing_data
        if has_body or not self._http.they_are_waiting_for_100_continue:
            return []
        if self._refusal is not None:
            return self._answer(*self._refusal)
        interim = h11.InformationalResponse(status_code=100, reason=b"Continue", headers=[])
        return [RawResponse(self._http.send(interim) or b"")]

    def _receive_body(self, data: h11.Data) -> list[Event]:
        self._size += len(data.data)
        self._chunks += data.chunk_start
        if self._size > self._longest_body:
            return self._refuse_length()
        if self._chunks > _SMALL_CHUNKS and self._size < self._chunks * _LEAST_CHUNK:
            return self._answer("400 Bad Request", "the chunks of the body are too small\n")
        if self._refusal is None:
            self._body += data.data
        return []

    def _refuse_length(self) -> list[Event]:
        text = f"no more than {self._longest_body} bytes (Limits.message)\n"
        return self._answer("413 Content Too Large", text)

    def _refuse_head(self, request: h11.Request) -> tuple[str, str] | None:
        """Return the status and the text that refuse a request, None for one that is taken."""
        target, routes = _target(request), self._routes
        is_rpc = target.path == routes.rpc_path
        if is_rpc and request.method == b"CONNECT":
            return None
        if is_rpc and not (request.method == b"POST" and routes.post):
            return "405 Method Not Allowed", "405 must CONNECT\n"
        if not is_rpc and (target.path != routes.debug_path or request.method != b"GET"):
            return "404 Not Found", "404 page not found\n"
        host = target.host or _field(request, b"host")
        for origin in _fields(request, b"origin") or (None,):
            text = self._hosts.refusal(host, origin)
            if text:
                return "403 Forbidden", f"{text}\n"
        # A page of another site can make a browser post plain text, but not this type.
        if is_rpc and _content_type(request) != "application/json":
            return "415 Unsupported Media Type", "send Content-Type: application/json\n"
        return None

    def _route(self, request: h11.Request) -> list[Event]:
        if self._refusal is not None:
            return self._answer(*self._refusal)
        if request.method == b"CONNECT":
            return self._connect()
        if request.method == b"POST":
            self._posted = True
            self._rpc = ServerProtocol(self._registry, self._make_post_codec())
            self._rpc.feed(bytes(self._body))
            self._body.clear()
            return []
        return self._debug(request)

    def _connect(self) -> list[Event]:
        self._rpc = ServerProtocol(self._registry, self._make_codec())
        self._rpc.opened()
        early, _ = self._http.trailing_data
        self._rpc.feed(early)
        return [RawResponse(b"HTTP/1.0 %s\n\n" % _CONNECTED)]

    def _debug(self, request: h11.Request) -> list[Event]:
        from .debug import debug_answer  # which who does not look at the page does without

        routes = self._routes
        fields, body = debug_answer(
            self._registry,
            _target(request).query,
            rpc_path=routes.rpc_path,
            allow_calls=routes.post and routes.allow_calls,
        )
        self._over = True
        return [RawResponse(_http_response("200 OK", body, fields))]

    def _posted_answer(self, data: bytes) -> bytes:
        return _http_response("200 OK", data, _JSON) if self._posted else data

    def _answer(self, status: str, text: str) -> list[Event]:
        self._over = True
        return [RawResponse(_http_response(status, text.encode(), _TEXT))]


def _target(request: h11.Request) -> RequestTarget:
    return RequestTarget.parse(request.method.decode(), request.target.decode())


def _field(request: h11.Request, name: bytes) -> str | None:
    return next(iter(_fields(request, name)), None)


def _fields(request: h11.Request, name: bytes) -> list[str]:
    return [value.decode("latin-1") for each, value in request.headers if each == name]


def _content_type(request: h11.Request) -> str:
    return (_field(request, b"content-type") or "").partition(";")[0].strip().lower()


_JSON = (("Content-Type", "application/json"),)
_TEXT = (("Content-Type", "text/plain; charset=utf-8"),)


def _http_response(status: str, body: bytes, fields: Iterable[tuple[str, str]]) -> bytes:
    lines = [
        f"HTTP/1.1 {status}",
        *(f"{name}: {value}" for name, value in fields),
        f"Content-Length: {len(body)}",
        "Connection: close",
        "\r\n",
    ]
    return "\r\n".join(lines).encode() + body


def _fault(error: h11.RemoteProtocolError, longest_head: int) -> str:
    """Return what is wrong with a request or response that h11 does not take."""
    if error.error_status_hint == _TOO_LARGE:
        return f"a head of more than {longest_head} bytes (Limits.http_head)"
    return str(error)
