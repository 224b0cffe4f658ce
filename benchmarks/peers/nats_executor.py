"""A server of nats-py whose handler may block, as those of `rpcgen.Server` may: it has a thread.

Here as well one call begins when the last one has ended: that is how the library's callbacks are
called. To have them side by side would cost a task for each.
"""

from __future__ import annotations

import asyncio

from nats.aio.msg import Msg

from .ends import Ready
from .nats_aio import multiply, serve_messages

__all__ = ["serve"]


async def serve(ready: Ready) -> None:
    loop = asyncio.get_running_loop()

    async def answer(message: Msg) -> None:
        await message.respond(await loop.run_in_executor(None, multiply, message.data))

    await serve_messages(ready, answer)
