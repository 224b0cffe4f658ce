"""JSON-RPC 1.0 as Go's ``net/rpc/jsonrpc`` speaks it: one object each way, without framing.

::

    {"method":"Arith.Multiply","params":[{"A":7,"B":8}],"id":0}
    {"id":0,"result":56,"error":null}

Header and body are one object, which is taken as a whole at the header; the
body is then at hand.
"""

from __future__ import annotations

from typing import Any, Final

from rpcgen.errors import DecodeError, EncodeError, TruncatedError
from rpcgen.gob import Limits
from rpcgen.schema import Bytes, Interface, Map, Nothing, Pointer, Schema, Slice, Untyped

from .headers import Request, Response
from .json_decode import decode, mismatch
from .json_encode import encode, quote
from .json_members import fold
from .json_stream import ObjectStream, compact, members

__all__ = ["JsonClientCodec", "JsonServerCodec"]

# Stands for a key that is not there, as opposed to a null.
_MISSING: Final = object()


class _JsonCodec:
    """What both sides have of a stream whose header and body are one object."""

    def __init__(self, limits: Limits | None) -> None:
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


class JsonClientCodec(_JsonCodec):
    """The client's side; mirrors ``jsonrpc.NewClientCodec``.

    Beyond Go's, it takes a null result without an error where the reply may be
    nil: Go's servers send that for a nil slice, map or pointer, and Go's
    clients break on it.
    """

    described = ()

    def __init__(self, limits: Limits | None = None) -> None:
        super().__init__(limits)
        self._result: Any = None

    def encode_request(self, request: Request, schema: Schema[Any], args: object) -> bytes:
        params = encode(schema, args)
        method = quote(request.service_method)
        return _line(f'{{"method":{method},"params":[{params}],"id":{request.seq}}}\n')

    def decode_response_header(self) -> Response:
        fields = _fields(self._stream, ("id", "result", "error"))
        self._has_body = True
        seq, _ = fields["id"]
        self._result, _ = fields["result"]
        error, _ = fields["error"]
        if seq is None or seq is _MISSING:
            seq = 0
        if type(seq) is not int or not 0 <= seq < 1 << 64:
            raise self._stream.fail(str(mismatch(seq, "uint64")))
        if error is _MISSING or error is None:
            if self._result is _MISSING:
                raise self._stream.fail("invalid error <nil>")
            return Response(seq=seq)
        if not isinstance(error, str):
            raise self._stream.fail(f"invalid error {_go_text(error):.200}")
        return Response(seq=seq, error=error or "unspecified error")

    def decode_response_body(self, schema: Schema[Any] | None) -> Any:
        result, self._result = self._result, None
        self._has_body = False
        if schema is None:
            return None
        if result is None and not isinstance(schema, _NULLABLE):
            raise DecodeError("invalid error <nil>: the reply has neither a result nor an error")
        return decode(schema, result)


# The types of which null is a value.
_NULLABLE: Final = (Bytes, Interface, Map, Nothing, Pointer, Slice, Untyped)


class JsonServerCodec(_JsonCodec):
    """The server's side; mirrors ``jsonrpc.NewServerCodec``."""

    def __init__(self, limits: Limits | None = None) -> None:
        super().__init__(limits)
        self._params: Any = None
        self._seq = 0
        # The id of each request that has no answer yet, as JSON: a client may choose any value.
        self._ids: dict[int, str] = {}

    def decode_request_header(self) -> Request:
        fields = _fields(self._stream, ("method", "params", "id"))
        self._has_body = True
        method, _ = fields["method"]
        self._params, _ = fields["params"]
        _, raw_id = fields["id"]
        if method is None or method is _MISSING:
            method = ""
        if not isinstance(method, str):
            raise self._stream.fail(str(mismatch(method, "string")))
        self._seq += 1
        self._ids[self._seq] = compact(raw_id)
        return Request(method, self._seq)

    def decode_request_body(self, schema: Schema[Any] | None) -> Any:
        params, self._params = self._params, None
        self._has_body = False
        if schema is None:
            return None
        if params is None or params is _MISSING:
            raise DecodeError("jsonrpc: request body missing params")
        if not isinstance(params, list):
            raise mismatch(params, "[1]interface {}")
        # Go's methods have one argument: more are ignored, none is zero.
        return decode(schema, params[0], "0") if params else schema.zero()

    def encode_response(self, response: Response, schema: Schema[Any], reply: object) -> bytes:
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
        return _line(f'{{"id":{raw_id},"result":{result},"error":{error}}}\n')


def _fields(stream: ObjectStream, names: tuple[str, ...]) -> dict[str, tuple[Any, str]]:
    """Return the fields of the next object: each one's value and its text, by the name."""
    fields: dict[str, tuple[Any, str]] = dict.fromkeys(names, (_MISSING, "null"))
    try:
        for key, value, text in members(stream.next()):
            name = fold(key)
            if name in fields:
                fields[name] = value, text
    except TruncatedError:
        raise
    except DecodeError as error:
        raise stream.fail(str(error)) from None
    return fields


def _line(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise EncodeError("the method's name holds lone surrogates, which are no UTF-8") from None


def _whole(text: str) -> str:
    """Return a text that can be encoded, whatever it holds."""
    return text.encode(errors="replace").decode()


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
        case float():
            return f"{value:g}" if value.is_integer() else repr(value)
    return str(value)
