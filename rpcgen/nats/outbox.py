"""`Outbox`: messages that are to be published, in their order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeAlias

from rpcgen.logs import client_log
from rpcgen.resolve.nats_connection import Client, sent

__all__ = ["End", "Message", "Outbox"]

Message: TypeAlias = tuple[str, bytes, str]
"""Subject, data, and where the answer goes to, empty if there is none."""

# Bytes that wait above which nothing more is taken, and below which more is.
_HIGH_WATER: Final = 1 << 20
_LOW_WATER: Final = 1 << 18

# Bytes in the buffer of nats-py below which it certainly takes more without waiting.
_MOST_AT_ONCE: Final = 1 << 20

# Bytes in the buffer of its transport above which nothing is added past nats-py.
_MOST_UNSENT: Final = 1 << 16


class End(Protocol):
    """The end of a stream of frames that a client or a server has, as a bridge sees it."""

    def send(self, data: bytes) -> None:
        """Send frames to it."""
        ...

    def send_eof(self) -> None:
        """Tell it that nothing more comes; it answers what has come, and hangs up."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...

    def pause(self) -> None:
        """Take nothing more from it."""
        ...

    def resume(self) -> None:
        """Take more from it."""
        ...


class Outbox:
    """Publishes what callbacks of the event loop have for the broker.

    That is done at once as a rule, straight to its transport. Where nats-py has something to send
    itself, or shows no transport, it publishes: it puts a message into a buffer, and wakes a task
    which sends that in a later turn of the loop. What might have to wait for room there is left to
    a task of this one.

    Args:
        client: The connection to the broker.
        end: Whom to slow down where the broker is slow.
    """

    def __init__(self, client: Client, end: End) -> None:
        self._client = client
        self._end = end
        self._messages: deque[Message] = deque()
        self._size = 0
        self._is_paused = False
        self._is_wanted = asyncio.Event()
        # Set while there is nothing to publish.
        self._is_empty = asyncio.Event()
        self._is_empty.set()

    def add_all(self, messages: Sequence[Message]) -> None:
        """Publish messages, now or soon."""
        write = None if self._messages else _direct(self._client)
        if write is not None:
            write(b"".join([_command(*message) for message in messages]))
            return
        for message in messages:
            self.add(*message)

    def add(self, subject: str, data: bytes, reply: str = "") -> None:
        """Publish a message, now or soon.

        Args:
            subject: Where to.
            data: The message.
            reply: Where the answer goes to; empty if there is none.
        """
        if not self._messages and self._client.pending_data_size + len(data) < _MOST_AT_ONCE:
            publishing = self._client.publish(subject, data, reply)
            try:
                publishing.send(None)
            except StopIteration:
                return
            except Exception as error:
                _note(error)
                return
            # It waits though there is room, which it has never done: better twice than not.
            publishing.close()
        self._add_later(subject, data, reply)

    def _add_later(self, subject: str, data: bytes, reply: str) -> None:
        self._messages.append((subject, data, reply))
        self._size += len(data)
        self._is_wanted.set()
        self._is_empty.clear()
        if self._size > _HIGH_WATER and not self._is_paused:
            self._is_paused = True
            self._end.pause()

    async def run(self) -> None:
        """Publish until this is cancelled."""
        while True:
            await self._is_wanted.wait()
            self._is_wanted.clear()
            while self._messages:
                await self._publish(*self._messages[0])
                self._messages.popleft()
            self._is_empty.set()

    async def flushed(self) -> None:
        """Wait until the broker has all of it."""
        await self._is_empty.wait()
        await sent(self._client)
        await self._client.flush()

    async def _publish(self, subject: str, data: bytes, reply: str) -> None:
        try:
            await self._client.publish(subject, data, reply)
        except Exception as error:
            _note(error)
        self._size -= len(data)
        if self._is_paused and self._size < _LOW_WATER:
            self._is_paused = False
            self._end.resume()


def _command(subject: str, data: bytes, reply: str) -> bytes:
    """Return how a client of NATS publishes a message."""
    return b"PUB %b %b %d\r\n%b\r\n" % (subject.encode(), reply.encode(), len(data), data)


def _direct(client: Client) -> Callable[[bytes], None] | None:
    """Return what sends bytes by a connection, None if nats-py has some of its own to send before.

    Or if it does not show them: these are names of its own, in TCP of versions 2.7 to 2.16.
    """
    try:
        if client._pending or not client.is_connected:
            return None
        transport = client._transport._io_writer.transport  # type: ignore[union-attr]
        if transport.is_closing() or transport.get_write_buffer_size() > _MOST_UNSENT:
            return None
        write: Callable[[bytes], None] = transport.write
    except AttributeError:
        return None
    return write


def _note(error: Exception) -> None:
    """Note an error of the library: the connection has ended, or will."""
    client_log.debug("nats: %s", error)
