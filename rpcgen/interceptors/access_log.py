"""`AccessLog`: a line in the log for each call that a server has carried out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Final, TypeVar

from rpcgen.code import Code
from rpcgen.errors import RpcError
from rpcgen.logs import access_log
from rpcgen.protocol.context import CallContext
from rpcgen.protocol.server_interceptors import ServerCall
from rpcgen.protocol.server_session import error_text

__all__ = ["AccessLog", "AsyncAccessLog"]

Req = TypeVar("Req")
Res = TypeVar("Res")

_MESSAGE: Final = "%s from %s: %s in %.3f ms"


class _Writer:
    """Writes the records of either API.

    Args:
        logger: Logger that gets them; ``rpcgen.access`` unless it is given.
        level: Level of the calls that went well.
        failure_level: Level of those that did not.
    """

    def __init__(
        self,
        logger: logging.Logger = access_log,
        *,
        level: int = logging.INFO,
        failure_level: int = logging.WARNING,
    ) -> None:
        self._logger = logger
        self._level = level
        self._failure_level = failure_level

    def _write(self, context: CallContext, began: float, error: BaseException | None) -> None:
        seconds = perf_counter() - began
        level = self._level if error is None else self._failure_level
        if not self._logger.isEnabledFor(level):
            return
        method, peer, code = context.method, context.peer.address, _code_of(error, context).name
        fields = {
            "rpc_method": method,
            "rpc_peer": peer,
            "rpc_code": code,
            "rpc_seconds": seconds,
            "rpc_error": "" if error is None else error_text(error),
            "rpc_traceparent": context.traceparent,
        }
        self._logger.log(level, _MESSAGE, method, peer, code, seconds * 1000, extra=fields)


class AccessLog(_Writer):
    """An interceptor of `rpcgen.Server` that logs each call with its outcome.

    A record has the fields ``rpc_method``, ``rpc_peer``, ``rpc_code`` (the name of a
    `rpcgen.Code`), ``rpc_seconds``, ``rpc_error`` (the text, empty without one) and
    ``rpc_traceparent``, for formatters that write them as JSON or the like. First in the list,
    it sees what the other interceptors have refused, too.

    Args:
        logger: Logger that gets them; ``rpcgen.access`` unless it is given.
        level: Level of the calls that went well.
        failure_level: Level of those that did not.
    """

    def __call__(
        self, call: ServerCall[Req, Res], proceed: Callable[[ServerCall[Req, Res]], Res], /
    ) -> Res:
        """Carry out a call and log it."""
        began = perf_counter()
        try:
            reply = proceed(call)
        except BaseException as error:
            self._write(call.context, began, error)
            raise
        self._write(call.context, began, None)
        return reply


class AsyncAccessLog(_Writer):
    """`AccessLog` for `rpcgen.aio.Server`."""

    async def __call__(
        self,
        call: ServerCall[Req, Res],
        proceed: Callable[[ServerCall[Req, Res]], Awaitable[Res]],
        /,
    ) -> Res:
        """Carry out a call and log it."""
        began = perf_counter()
        try:
            reply = await proceed(call)
        except BaseException as error:
            self._write(call.context, began, error)
            raise
        self._write(call.context, began, None)
        return reply


def _code_of(error: BaseException | None, context: CallContext) -> Code:
    """Return the code of a call's end, as its caller gets it."""
    if error is None:
        return Code.OK
    if isinstance(error, asyncio.CancelledError):
        return context.reason or Code.CANCELLED
    return error.code if isinstance(error, RpcError) else Code.UNKNOWN
