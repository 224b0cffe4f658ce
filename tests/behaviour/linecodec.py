"""A codec that knows rpcgen only by its public names: a line of text each way.

::

    0 Arith.Multiply ''⇥{'A': 7, 'B': 8}
    0 Arith.Multiply ''⇥56
    1 Arith.Divide 'divide by zero'⇥None

The parts are a sequence number, a method, the representation of an error's text
and, after a tab, that of a value: a whole number, a text, or a message as its fields.
"""

from __future__ import annotations

from ast import literal_eval
from collections.abc import Sequence
from typing import Any

from rpcgen import DecodeError, EncodeError, Request, Response, TruncatedError
from rpcgen.schema import Empty, Int, Schema, String, Struct

__all__ = ["LineClientCodec", "LineServerCodec"]


def plain(schema: Schema[Any], value: object) -> object:
    """Return a value as literals. Raises `EncodeError`."""
    if isinstance(schema, Struct):
        fields = schema.fields
        return {f.wire_name: plain(f.schema, getattr(value, f.attribute)) for f in fields}
    if isinstance(value, PLAIN.get(type(schema), ())):
        return value
    raise EncodeError(f"{value!r} is no {schema.go}")


def unplain(schema: Schema[Any], value: Any) -> Any:
    """Return what literals stand for. Raises `DecodeError`."""
    if isinstance(schema, Struct) and isinstance(value, dict):
        values = {f.attribute: unplain(f.schema, value.get(f.wire_name)) for f in schema.fields}
        return schema.cls(**values)
    if isinstance(value, PLAIN.get(type(schema), ())):
        return value
    raise DecodeError(f"{value!r} is no {schema.go}")


PLAIN: dict[type[Schema[Any]], type] = {Int: int, String: str, Empty: type(None)}


class Lines:
    """Cuts what arrives into lines, and lines into their parts."""

    def __init__(self) -> None:
        self._unread = b""
        self._body = ""

    def feed(self, data: bytes) -> None:
        self._unread += data

    def header(self) -> tuple[int, str, str]:
        """Take a line, and return its parts but for the body."""
        line, newline, rest = self._unread.partition(b"\n")
        if not newline:
            raise TruncatedError("unexpected EOF" if line else "EOF")
        try:
            seq, method, rest_of_line = line.decode().split(" ", 2)
            error, self._body = rest_of_line.split("\t")
            header = int(seq), method, str(literal_eval(error))
        except (ValueError, SyntaxError) as bad:
            raise DecodeError(f"no line of this codec: {line!r}: {bad}") from None
        self._unread = rest
        return header

    def body(self, schema: Schema[Any] | None) -> Any:
        """Return the rest of the line whose `header` was taken."""
        if schema is None:
            return None
        try:
            return unplain(schema, literal_eval(self._body))
        except (ValueError, SyntaxError) as bad:
            raise DecodeError(str(bad)) from None


def line(seq: int, method: str, error: str, schema: Schema[Any], value: object) -> bytes:
    return f"{seq} {method} {error!r}\t{plain(schema, value)!r}\n".encode()


class LineClientCodec:
    """The client's side."""

    def __init__(self) -> None:
        self._lines = Lines()
        self.feed = self._lines.feed

    def encode_request(
        self, request: Request, schema: Schema[Any], args: object
    ) -> Sequence[bytes]:
        return [line(request.seq, request.service_method, "", schema, args)]

    def decode_response_header(self) -> Response:
        seq, method, error = self._lines.header()
        return Response(method, seq, error)

    def decode_response_body(self, schema: Schema[Any] | None) -> Any:
        return self._lines.body(schema)


class LineServerCodec:
    """The server's side."""

    def __init__(self) -> None:
        self._lines = Lines()
        self.feed = self._lines.feed

    def decode_request_header(self) -> Request:
        seq, method, _ = self._lines.header()
        return Request(method, seq)

    def decode_request_body(self, schema: Schema[Any] | None) -> Any:
        return self._lines.body(schema)

    def encode_response(
        self, response: Response, schema: Schema[Any], reply: object
    ) -> Sequence[bytes]:
        return [line(response.seq, response.service_method, response.error, schema, reply)]
