"""The headers of net/rpc, which travel before every request and every response."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from attrs import define

from rpcgen.schema import Schema, schema_of
from rpcgen.types import GoType, Uint64, wire

__all__ = ["REQUEST", "RESPONSE", "Request", "Response"]

# Text that need not be UTF-8: a header that cannot be read would cost the connection.
_Text: TypeAlias = Annotated[str, GoType("string")]


@wire("rpc.Request")
@define
class Request:
    """What a client sends before the arguments of a call. Mirrors Go's ``rpc.Request``."""

    service_method: _Text = ""
    seq: Uint64 = 0


@wire("rpc.Response")
@define
class Response:
    """What a server sends before the reply of a call. Mirrors Go's ``rpc.Response``.

    Where ``error`` is not empty, what follows is no reply but a placeholder.
    """

    service_method: _Text = ""
    seq: Uint64 = 0
    error: _Text = ""


REQUEST: Schema[Request] = schema_of(Request)
RESPONSE: Schema[Response] = schema_of(Response)
