"""JSON-RPC 1.0 as Go's ``net/rpc/jsonrpc`` speaks it: one object each way, without framing.

::

    {"method":"Arith.Multiply","params":[{"A":7,"B":8}],"id":0}
    {"id":0,"result":56,"error":null}

Header and body are one object, which is taken as a whole at the header; the
body is then at hand.

What a header has beyond Go's are further members, left out where they are
zero. One of another type than ours belongs to somebody else, and is ignored::

    {"method":"Kv.Get","params":["a"],"id":1,"timeout":5000000000}
    {"id":1,"result":null,"error":"kv: no such key","code":5,"raised":"kv.NotFound","details":{}}
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import compress
from operator import attrgetter
from typing import Any, Final

from rpcgen._interrupts import reraise_interrupt
from rpcgen.errors import DecodeError, EncodeError
from rpcgen.gojson.decode import decode, mismatch
from rpcgen.gojson.encode import encode
from rpcgen.gojson.numbers import general
from rpcgen.gojson.parse import DEFAULT_LIMITS, Parsed, members
from rpcgen.gojson.stream import ObjectStream
from rpcgen.gojson.text import compact, quote
from rpcgen.schema import (
    Bytes,
    Converted,
    Empty,
    Field,
    Interface,
    Map,
    Pointer,
    Schema,
    Slice,
    Struct,
    Untyped,
)
from rpcgen.values.limits import Limits

from .codec import DescribingCodec, ExtendedCodec, MeasuredCodec
from .extended import MAX_UNKNOWN_HEADER, Extension
from .headers import (
    EXTENDED_REQUEST,
    EXTENDED_RESPONSE,
    NOTICE_SEQ,
    ExtendedRequest,
    ExtendedResponse,
    Request,
    Response,
)

__all__ = ["JsonClientCodec", "JsonServerCodec"]

_NULL: Final = Parsed("null", None)


class _Member:
    """Member of a message beyond Go's: a field of an extended header."""

    def __init__(self, field: Field) -> None:
        self.attribute = field.attribute
        self.name = field.wire_name.lower()
        # Metadata is None where there is none, and the member then left out.
        schema = field.schema.element if isinstance(field.schema, Pointer) else field.schema
        self.schema: Schema[Any] = schema
        self._start = f',"{self.name}":'

    def text(self, value: object) -> str:
        """Return the member as it follows others."""
        return self._start + encode(self.schema, value)


class _Members:
    """All members that a header may have beyond Go's.

    Args:
        schema: That of the header.
        count: Number of its fields that are Go's, the first ones.
    """

    def __init__(self, schema: Schema[Any], count: int) -> None:
        assert isinstance(schema, Struct)
        self._members = [_Member(field) for field in schema.fields[count:]]
        self._values = attrgetter(*[member.attribute for member in self._members])
        self._by_name = {member.name: member for member in self._members}
        self.names = frozenset(self._by_name)

    def text(self, header: object) -> str:
        """Return those that are not zero, each after a comma."""
        values = self._values(header)
        members = compress(self._members, values)
        return "".join(map(_Member.text, members, filter(None, values)))

    def read(self, found: dict[str, Parsed], limits: Limits) -> dict[str, Any]:
        """Return the attributes of a header that are not zero."""
        values = {}
        for name, parsed in found.items():
            member = self._by_name.get(name)
            if member is None:
                continue
            try:
                value = decode(member.schema, parsed, limits=limits)
            except DecodeError as error:  # somebody else's, who means something else by it
                reraise_interrupt(error)
                continue
            if value:
                values[member.attribute] = value
        return values


_REQUEST_MORE: Final = _Members(EXTENDED_REQUEST, 2)
_RESPONSE_MORE: Final = _Members(EXTENDED_RESPONSE, 3)


class _JsonCodec(MeasuredCodec, ExtendedCodec):
    """Common part of both sides of a stream whose header and body are one object."""

    def __init__(self, limits: Limits | None) -> None:
        self._limits = limits or DEFAULT_LIMITS
        self._stream = ObjectStream(limits)
        self.feed = self._stream.feed
        # True if the body that belongs to the last header is at hand.
        self._has_body = False
        self._extension = Extension(self._limits)
        # Fault of the last header's metadata, for which its body fails.
        self._fault = ""

    @property
    def pending(self) -> int:
        """Number of bytes that were fed and belong to no message yet."""
        return self._stream.pending

    @property
    def ahead(self) -> int:
        """Size of the next message, 0 unless all of it is there; a body at hand is counted out."""
        return 0 if self._has_body else self._stream.ahead

    def _check_fault(self) -> None:
        """Raise `DecodeError` for what was wrong with the header that the body belongs to."""
        fault, self._fault = self._fault, ""
        if fault:
            raise DecodeError(fault)


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
        self._count = 0
        # The place among all requests, from 1, of those that have no answer yet.
        self._numbers: dict[int, int] = {}

    def request_number(self, seq: int) -> int | None:
        """Return the place of a request among all that were sent, from 1; see `ExtendedCodec`."""
        return self._numbers.get(seq)

    def encode_request(
        self, request: Request, schema: Schema[Any], args: object
    ) -> Sequence[bytes]:
        params = encode(schema, args)
        method = quote(request.service_method)
        more = self._more(request) if type(request) is ExtendedRequest else ""
        line = f'{{"method":{method},"params":[{params}],"id":{request.seq}{more}}}\n'
        try:
            data = line.encode()
        except UnicodeEncodeError:
            raise EncodeError(
                "the method's name holds lone surrogates, which are no UTF-8"
            ) from None
        if more:
            self._extension.check_size(len(data) - _size(params))
        self._count += 1
        self._numbers[request.seq] = self._count
        return (data,)

    def _more(self, request: ExtendedRequest) -> str:
        """Return the members of a request beyond Go's."""
        self._extension.check_metadata(request)
        return _REQUEST_MORE.text(request)

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
        self._numbers.pop(seq, None)
        error = _read(self._stream, fields.get("error", _NULL), self._limits)
        if error is None:
            if "result" not in fields:
                raise self._stream.fail("invalid error <nil>")
            error = ""
        elif not isinstance(error, str):
            raise self._stream.fail(self._invalid_error(fields["error"]))
        else:
            error = error or "unspecified error"
        if _RESPONSE_MORE.names.isdisjoint(fields):
            return Response("", seq, error)
        return self._extended(seq, error, fields)

    def _extended(self, seq: int, error: str, fields: dict[str, Parsed]) -> Response:
        more = _RESPONSE_MORE.read(fields, self._limits)
        if not more:
            return Response("", seq, error)
        response = ExtendedResponse("", seq, error, **more)
        if error and response.raised:
            self._result = fields.get("details", _NULL)
        self._fault = self._extension.received(response)
        return response

    def _invalid_error(self, parsed: Parsed) -> str:
        try:
            return f"invalid error {_go_text(decode(_ANY, parsed, limits=self._limits)):.200}"
        except DecodeError as error:
            return str(error)

    def decode_response_body(self, schema: Schema[Any] | None) -> Any:
        result, self._result = self._result, _NULL
        self._has_body = False
        if schema is None:
            self._fault = ""
            return None
        if self._fault:
            self._check_fault()
        if result.is_null and not _is_nullable(schema):
            raise DecodeError("invalid error <nil>: the reply has neither a result nor an error")
        return decode(schema, result, limits=self._limits)


_ANY: Final = Untyped()
_RESPONSE: Final = _RESPONSE_MORE.names | {"id", "result", "error", "details"}
# The types of which null is a value.
_NULLABLE: Final = (Bytes, Interface, Map, Empty, Pointer, Slice, Untyped)


def _is_nullable(schema: Schema[Any]) -> bool:
    while isinstance(schema, Converted):  # a set is a map, a Sequence a slice
        schema = schema.inner
    return isinstance(schema, _NULLABLE)


_REQUEST: Final = _REQUEST_MORE.names | {"method", "params", "id"}


class JsonServerCodec(_JsonCodec):
    """The server's side; mirrors ``jsonrpc.NewServerCodec``."""

    def __init__(self, limits: Limits | None = None) -> None:
        super().__init__(limits)
        self._params = _NULL
        self._seq = 0
        # The id of each request that has no answer yet, as JSON: a client may choose any value.
        self._ids: dict[int, str] = {}

    def request_number(self, seq: int) -> int | None:
        """Return the number itself, which counts requests from 1; see `ExtendedCodec`."""
        return seq

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
        if _REQUEST_MORE.names.isdisjoint(fields):
            return Request(method, self._seq)
        return self._extended(method, fields)

    def _extended(self, method: str, fields: dict[str, Parsed]) -> Request:
        more = _REQUEST_MORE.read(fields, self._limits)
        if not more:
            return Request(method, self._seq)
        request = ExtendedRequest(method, self._seq, **more)
        self._fault = self._extension.received(request)
        return request

    def decode_request_body(self, schema: Schema[Any] | None) -> Any:
        params, self._params = self._params, _NULL
        self._has_body = False
        if schema is None:
            self._fault = ""
            return None
        if self._fault:
            self._check_fault()
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
            if response.seq != NOTICE_SEQ:
                raise EncodeError("invalid sequence number in response")
            raw_id = str(NOTICE_SEQ)
        more = ""
        if type(response) is ExtendedResponse:
            more = self._more(response, schema, reply)
        if response.error:
            result, error = "null", quote(_whole(response.error))
        else:
            result, error = encode(schema, reply), "null"
            if result == "null":
                raise EncodeError(
                    "a null reply, which Go's JSON-RPC takes for a missing one: "
                    "return a message with an optional field"
                )
        # The id as it came: bytes that are no UTF-8 too.
        raw = raw_id.encode(errors="surrogateescape")
        data = b'{"id":%b,"result":%b,"error":%b%b}\n' % (
            raw,
            result.encode(),
            error.encode(),
            more.encode(),
        )
        self._ids.pop(response.seq, None)
        return (data,)

    def _more(self, response: ExtendedResponse, schema: Schema[Any], reply: object) -> str:
        """Return the members of a response beyond Go's."""
        self._extension.check_metadata(response)
        more = _RESPONSE_MORE.text(response)
        if not self._extension.takes_large and _size(more) > MAX_UNKNOWN_HEADER:
            return ""  # nobody who would read it is known to be there
        if response.error and response.raised:
            more += f',"details":{encode(schema, reply)}'
        return more


def _members(
    stream: ObjectStream, names: frozenset[str], limits: Limits, scalar: str
) -> dict[str, Parsed]:
    """Return the members of the next object that are called so."""
    text = stream.next()
    try:
        return members(text, names, limits, scalar)
    except DecodeError as error:
        raise stream.fail(str(error)) from None


def _size(text: str) -> int:
    """Return the size of a text in bytes."""
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))


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
