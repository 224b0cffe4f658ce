"""JSON-RPC 1.0 as Go's ``net/rpc/jsonrpc`` speaks it: one object each way, without framing.

::

    {"method":"Arith.Multiply","params":[{"A":7,"B":8}],"id":0}
    {"id":0,"result":56,"error":null}

Header and body are one object, which is taken as a whole at the header; the
body is then at hand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from rpcgen.errors import DecodeError, EncodeError
from rpcgen.gob import Limits
from rpcgen.gojson.decode import decode, mismatch
from rpcgen.gojson.encode import encode
from rpcgen.gojson.numbers import general
from rpcgen.gojson.stream import DEFAULT_LIMITS, ObjectStream, Parsed, compact, members, quote
from rpcgen.schema import (
    Bytes,
    Converted,
    Interface,
    Map,
    Nothing,
    Pointer,
    Schema,
    Slice,
    Untyped,
)

from .codec import DescribingCodec, MeasuredCodec
from .headers import Request, Response

__all__ = ["JsonClientCodec", "JsonServerCodec"]

_NULL: Final = Parsed("null", None)


class _JsonCodec(MeasuredCodec):
    """What both sides have of a stream whose header and body are one object."""

    def __init__(self, limits: Limits | None) -> None:
        self._limits = limits or DEFAULT_LIMITS
        self._stream = ObjectStream(limits)
        self.feed = self._stream.feed
        # Whether the body that belongs to the last header is at hand.
        self._has_body = False

    @property
    def pending(self) -> int:
        """Number of bytes that were fed and belong to no message yet."""
        return self._stream.pending

    @property
    def ahead(self) -> int:
        """Size of the next message, 0 unless all of it is there; a body at hand is counted out."""
        return 0 if self._has_body else self._stream.ahead


class JsonClientCodec(_JsonCodec, DescribingCodec):
    """The client's side; mirrors ``jsonrpc.NewClientCodec``.

    Beyond Go's, it takes a null result without an error where the reply may be
    nil: Go's servers send that for a nil slice, map or pointer, and Go's
    clients break on it.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        super().__init__(limits)
        self.described = ()
        self._result = _NULL

    def encode_request(
        self, request: Request, schema: Schema[Any], args: object
    ) -> Sequence[bytes]:
        params = encode(schema, args)
        method = quote(request.service_method)
        line = f'{{"method":{method},"params":[{params}],"id":{request.seq}}}\n'
        try:
            return (line.encode(),)
        except UnicodeEncodeError:
            raise EncodeError(
                "the method's name holds lone surrogates, which are no UTF-8"
            ) from None

    def decode_response_header(self) -> Response:
        fields = _members(self._stream, _RESPONSE, self._limits, "id")
        self._has_body = True
        self._result = fields.get("result", _NULL)
        seq = _read(self._stream, fields.get("id", _NULL), self._limits)
        if seq is None:
            seq = 0
        if type(seq) is not int or not 0 <= seq < 1 << 64:
            where = "Go struct field clientResponse.id"
            raise self._stream.fail(str(mismatch(fields["id"], "uint64", where)))
        error = _read(self._stream, fields.get("error", _NULL), self._limits)
        if error is None:
            if "result" not in fields:
                raise self._stream.fail("invalid error <nil>")
            return Response(seq=seq)
        if not isinstance(error, str):
            raise self._stream.fail(self._invalid_error(fields["error"]))
        return Response(seq=seq, error=error or "unspecified error")

    def _invalid_error(self, parsed: Parsed) -> str:
        try:
            return f"invalid error {_go_text(decode(_ANY, parsed, limits=self._limits)):.200}"
        except DecodeError as error:
            return str(error)

    def decode_response_body(self, schema: Schema[Any] | None) -> Any:
        result, self._result = self._result, _NULL
        self._has_body = False
        if schema is None:
            return None
        if result.is_null and not _is_nullable(schema):
            raise DecodeError("invalid error <nil>: the reply has neither a result nor an error")
        return decode(schema, result, limits=self._limits)


_ANY: Final = Untyped()
_RESPONSE: Final = frozenset(("id", "result", "error"))
# The types of which null is a value.
_NULLABLE: Final = (Bytes, Interface, Map, Nothing, Pointer, Slice, Untyped)


def _is_nullable(schema: Schema[Any]) -> bool:
    while isinstance(schema, Converted):  # a set is a map, a Sequence a slice
        schema = schema.inner
    return isinstance(schema, _NULLABLE)


_REQUEST: Final = frozenset(("method", "params", "id"))


class JsonServerCodec(_JsonCodec):
    """The server's side; mirrors ``jsonrpc.NewServerCodec``."""

    def __init__(self, limits: Limits | None = None) -> None:
        super().__init__(limits)
        self._params = _NULL
        self._seq = 0
        # The id of each request that has no answer yet, as JSON: a client may choose any value.
        self._ids: dict[int, str] = {}

    def decode_request_header(self) -> Request:
        fields = _members(self._stream, _REQUEST, self._limits, "method")
        self._has_body = True
        self._params = fields.get("params", _NULL)
        method = _read(self._stream, fields.get("method", _NULL), self._limits)
        if method is None:
            method = ""
        if not isinstance(method, str):
            where = "Go struct field serverRequest.method"
            raise self._stream.fail(str(mismatch(fields["method"], "string", where)))
        self._seq += 1
        self._ids[self._seq] = _id_text(fields.get("id", _NULL))
        return Request(method, self._seq)

    def decode_request_body(self, schema: Schema[Any] | None) -> Any:
        params, self._params = self._params, _NULL
        self._has_body = False
        if schema is None:
            return None
        value = params.read(self._limits)
        if value is None:
            raise DecodeError("jsonrpc: request body missing params")
        if not isinstance(value, list):
            raise mismatch(params, "[1]interface {}")
        # Go's methods have one argument: more are ignored, none is zero.
        if not value:
            return schema.zero()
        return decode(schema, params, 0, limits=self._limits)

    def encode_response(
        self, response: Response, schema: Schema[Any], reply: object
    ) -> Sequence[bytes]:
        raw_id = self._ids.get(response.seq)
        if raw_id is None:
            raise EncodeError("invalid sequence number in response")
        if response.error:
            result, error = "null", quote(_whole(response.error))
        else:
            result, error = encode(schema, reply), "null"
            if result == "null":
                raise EncodeError(
                    "a null reply, which Go's JSON-RPC takes for a missing one: "
                    "return a message with an optional field"
                )
        del self._ids[response.seq]
        # The id as it came: bytes that are no UTF-8 too.
        raw = raw_id.encode(errors="surrogateescape")
        return (b'{"id":%b,"result":%b,"error":%b}\n' % (raw, result.encode(), error.encode()),)


def _members(
    stream: ObjectStream, names: frozenset[str], limits: Limits, scalar: str
) -> dict[str, Parsed]:
    """Return the members of the next object that are called so."""
    text = stream.next()
    try:
        return members(text, names, limits, scalar)
    except DecodeError as error:
        raise stream.fail(str(error)) from None


def _id_text(parsed: Parsed) -> str:
    """Return the text with which a response says which request it answers."""
    value = parsed.read() if parsed.is_read else None
    if type(value) is int and -1 << 63 <= value < 1 << 63:
        return str(value)
    return compact(parsed.text)


def _read(stream: ObjectStream, parsed: Parsed, limits: Limits) -> Any:
    """Return a value that the header needs."""
    try:
        return parsed.read(limits)
    except DecodeError as error:
        raise stream.fail(str(error)) from None


_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def _whole(text: str) -> str:
    """Return a text that can be encoded, whatever it holds."""
    return _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text)


def _go_text(value: object) -> str:
    """Return a parsed JSON value as Go's ``%v`` prints it."""
    match value:
        case None:
            return "<nil>"
        case bool():
            return str(value).lower()
        case dict():
            return f"map[{' '.join(f'{key}:{_go_text(value[key])}' for key in sorted(value))}]"
        case list():
            return f"[{' '.join(map(_go_text, value))}]"
        case int() | float():
            return _go_float(value)
    return str(value)


def _go_float(value: float) -> str:
    """Return a number as Go's ``%g`` prints it: with an exponent from seven digits on."""
    sign, digits, exponent = Decimal(repr(float(value))).as_tuple()
    if not any(digits):
        return "-0" if sign else "0"
    assert isinstance(exponent, int)  # JSON has no infinity
    text = "".join(map(str, digits))
    return "-" * sign + general(text.rstrip("0"), exponent + len(text) - 1)
