"""`Peer`: a client of the suite, which sends what a case wants and looks at each answer."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from attrs import frozen

from rpcgen.errors import RpcError, TruncatedError
from rpcgen.method import Method
from rpcgen.protocol import CodecName, Request, client_codec
from rpcgen.protocol.address import Address

from ..sockets import family_of, place_of

__all__ = ["Answer", "CaseError", "Peer", "Target"]

Req = TypeVar("Req")
Res = TypeVar("Res")

_CHUNK = 65536


class CaseError(RpcError):
    """The server does not do what a case wants."""


@frozen
class Answer:
    """A response; ``value`` is None with an error."""

    seq: int
    error: str
    value: Any = None


@frozen
class Target:
    """The server that is looked at.

    Attributes:
        address: Where it is.
        codec: What it speaks.
        timeout: Maximum time in seconds of each step.
    """

    address: Address
    codec: CodecName
    timeout: float

    @contextmanager
    def connect(self) -> Iterator[Peer]:
        """Yield a new connection.

        Raises:
            OSError: There is none to be had.
        """
        with socket.socket(family_of(self.address)) as connection:
            connection.settimeout(self.timeout)
            connection.connect(place_of(self.address))
            if self.address.http_path:
                _connect_http(connection, self.address.http_path)
            yield Peer(connection, self.codec)


class Peer:
    """One connection to the server.

    Args:
        connection: The socket, which has a timeout.
        codec: What is spoken on it.
    """

    def __init__(self, connection: socket.socket, codec: CodecName) -> None:
        self.socket = connection
        self._codec = client_codec(codec)
        self._seq = 0
        # Methods of the calls that were not answered yet.
        self._methods: dict[int, Method[Any, Any]] = {}

    def call(self, method: Method[Req, Res], args: Req) -> Res:
        """Call a method and return its reply.

        Raises:
            CaseError: It is answered with an error.
        """
        answer = self.ask(method, args)
        if answer.error:
            raise CaseError(f"{method.name} is answered with the error {answer.error!r}")
        value: Res = answer.value
        return value

    def ask(self, method: Method[Any, Any], args: object, header: Request | None = None) -> Answer:
        """Send a request, and return the answer to it.

        Raises:
            CaseError: Another request is answered, or none.
        """
        seq = self.send(method, args, header)
        answer = self.receive()
        if answer.seq != seq:
            raise CaseError(f"request {seq} is answered as request {answer.seq}")
        return answer

    def send(self, method: Method[Any, Any], args: object, header: Request | None = None) -> int:
        """Send a request; return its number."""
        seq, data = self.encode(method, args, header)
        self.socket.sendall(data)
        return seq

    def encode(
        self, method: Method[Any, Any], args: object, header: Request | None = None
    ) -> tuple[int, bytes]:
        """Return the number and the bytes of a request that is to be sent.

        Args:
            method: What it is of.
            args: Its arguments.
            header: Its header, whose method and number count; a plain one by default.
        """
        if header is None:
            header = Request(method.name, self._seq)
        self._seq = max(self._seq, header.seq) + 1
        parts = self._codec.encode_request(header, method.request, args)
        self._methods[header.seq] = method
        return header.seq, b"".join(parts)

    def receive(self) -> Answer:
        """Wait for a response.

        Raises:
            CaseError: None comes, or one that cannot be read, or that nobody has asked for.
        """
        try:
            response = self._decode(self._codec.decode_response_header)
            method = self._methods.pop(response.seq, None)
            if method is None:
                raise CaseError(f"an answer to request {response.seq}, which nobody has made")
            schema = None if response.error else method.response
            value = self._decode(lambda: self._codec.decode_response_body(schema))
        except TimeoutError:
            raise CaseError("no answer in time") from None
        except OSError as error:
            raise CaseError(f"no answer: {error}") from None
        except RpcError as error:
            if isinstance(error, CaseError):
                raise
            raise CaseError(f"the answer cannot be read: {error}") from None
        return Answer(response.seq, response.error, value)

    def expect_end(self) -> None:
        """Wait until the server hangs up, whatever it still says.

        Raises:
            CaseError: It does not.
        """
        try:
            while self.socket.recv(_CHUNK):
                pass
        except TimeoutError:
            raise CaseError("the server does not hang up") from None
        except OSError:
            pass  # a reset is an end, too

    def _decode(self, decode: Any) -> Any:
        while True:
            try:
                return decode()
            except TruncatedError:
                data = self.socket.recv(_CHUNK)
                if not data:
                    raise CaseError("the server hangs up instead of an answer") from None
                self._codec.feed(data)


def _connect_http(connection: socket.socket, path: str) -> None:
    connection.sendall(f"CONNECT {path} HTTP/1.0\r\n\r\n".encode())
    head = b""
    # Byte by byte: what follows the head is net/rpc already.
    while not head.endswith((b"\r\n\r\n", b"\n\n")):
        byte = connection.recv(1)
        if not byte or len(head) > _CHUNK:
            raise ConnectionError("no answer to CONNECT")
        head += byte
    status = head.split(b"\n", 1)[0].decode("latin-1").strip()
    if "200 Connected to Go RPC" not in status:
        raise ConnectionError(f"the answer to CONNECT is {status!r:.100}")
