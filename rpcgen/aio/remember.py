"""Coroutine functions whose replies a server remembers; see `rpcgen.protocol.remember`."""

from __future__ import annotations

import asyncio
from typing import Any

from rpcgen.method import Handler
from rpcgen.protocol.remember import Claim, ReplyMemory

__all__ = ["remembered_async"]


def remembered_async(memory: ReplyMemory, handler: Handler) -> Handler:
    """Return an asynchronous handler that runs another one once for each key."""
    method, function = handler.method, handler.function

    async def handle(args: Any) -> Any:
        claim = memory.claim(method, args)
        if claim is None:
            return await function(args)
        if not claim.is_first:
            await _settled(claim)
            return claim.outcome()
        try:
            reply = await function(args)
        except BaseException as error:
            claim.failed(error)
            raise
        claim.succeeded(reply)
        return reply

    return Handler(method, handle, is_async=True)


async def _settled(claim: Claim) -> None:
    """Wait until the first call is over, in a task that is cancelled if nobody waits for it."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not future.done() and not loop.is_closed():
            future.set_result(None)

    claim.when_settled(wake)
    await future
