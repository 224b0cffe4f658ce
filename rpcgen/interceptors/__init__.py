"""Interceptors that come with the package: an access log, and bearer tokens for both sides.

Each has a twin for asyncio, with ``Async`` in front, which does the same::

    server = rpcgen.Server(interceptors=[AccessLog(), TokenAuth(["s3cret"])])
    arith = ArithClient.dial(address, interceptors=[BearerToken("s3cret")])

They are written with what everybody has: see `rpcgen.ServerInterceptor` and
`rpcgen.ClientInterceptor`.
"""

from __future__ import annotations

from .access_log import AccessLog, AsyncAccessLog
from .tokens import AsyncBearerToken, AsyncTokenAuth, BearerToken, TokenAuth

__all__ = [
    "AccessLog",
    "AsyncAccessLog",
    "AsyncBearerToken",
    "AsyncTokenAuth",
    "BearerToken",
    "TokenAuth",
]
