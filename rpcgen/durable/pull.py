"""`Pull`: asks the queue for the calls of one method, over one connection to the broker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from rpcgen.errors import RpcError
from rpcgen.resolve.nats_connection import Msg, sent

from .jetstream import SIGN_S, JetStream, is_status
from .names import CallName

__all__ = ["Pull"]

# Status of a request that the broker has kept for its time, without a call for it.
_NOTHING: Final = "408"

# Status of a sign that it has one.
_SIGN: Final = "100"

# Time in seconds after which requests are lost of which there was no sign: the broker of a cluster
# that had them has ended, and not the one at which the worker is.
_SILENCE_S: Final = 2.5 * SIGN_S


class Pull:
    """Has as many requests at the broker as its worker has room for calls.

    Args:
        jetstream: The streams.
        name: The method.
        room: Returns how many calls more may begin.
        take: Called with each call; it must begin at once, since the broker takes it for lost
            soon.
    """

    def __init__(
        self,
        jetstream: JetStream,
        name: CallName,
        room: Callable[[], int],
        take: Callable[[Msg], None],
    ) -> None:
        self._jetstream = jetstream
        self._name = name
        self._room = room
        self._take = take
        # Number of requests that the broker has, as far as is known.
        self._asked = 0
        self._fault = ""
        self._is_over = False
        self._changed = asyncio.Event()

    def look(self) -> None:
        """Ask for more if there is room."""
        self._changed.set()

    def ask_anew(self) -> None:
        """Ask again: the broker has forgotten what it was asked."""
        self._asked = 0
        self.look()

    async def run(self) -> None:
        """Ask until this is cancelled; what comes later than that is given back.

        Raises:
            RpcError: The broker refuses.
        """
        client = self._jetstream.client
        inbox = client.new_inbox()
        subscription = await client.subscribe(inbox, cb=self._receive)
        try:
            while True:
                self._changed.clear()
                await self._ask(inbox)
                # Not `wait_for`, in which a cancellation may be lost.
                try:
                    async with asyncio.timeout(_SILENCE_S):
                        await self._changed.wait()
                except TimeoutError:
                    self._asked = 0
                if self._fault:
                    raise RpcError(self._fault)
        finally:
            self._is_over = True
            if client.is_connected:
                await subscription.unsubscribe()
                await sent(client)
                await client.flush()  # after which nothing comes any more

    async def _ask(self, inbox: str) -> None:
        # Of what is asked in between, nobody could say whether the broker has it.
        while self._jetstream.client.is_connected and self._asked < self._room():
            self._asked += 1
            await self._jetstream.pull(self._name, inbox)

    async def _receive(self, message: Msg) -> None:
        headers = message.headers or {}
        status = headers.get("Status") if is_status(message) else None
        if status != _SIGN:
            self._asked = max(0, self._asked - 1)
        if status is not None:
            if status not in (_NOTHING, _SIGN):
                self._fault = f"no calls: {status} {headers.get('Description', '')}"
        elif self._is_over or self._room() <= 0:
            await message.nak()
        else:
            self._take(message)
        self.look()
