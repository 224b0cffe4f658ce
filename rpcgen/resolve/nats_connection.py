"""`stay_connected`: a connection to a NATS broker, made again whenever it is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

try:
    from nats.aio.client import Client
    from nats.aio.msg import Msg
    from nats.aio.subscription import Subscription
    from nats.errors import Error
except ImportError as error:
    raise ImportError("nats:// needs nats-py: pip install 'rpcgen[nats]'") from error

from rpcgen.errors import DialError
from rpcgen.logs import client_log, server_log
from rpcgen.protocol.server_session import error_text

if TYPE_CHECKING:
    from .brokers import Brokers

__all__ = [
    "PING_S",
    "READ_SIZE",
    "Client",
    "Msg",
    "Subscription",
    "Trouble",
    "TroubleLog",
    "connect_once",
    "hang_up",
    "is_unheard",
    "sent",
    "stay_connected",
]

# Seconds for one attempt to connect, and between two.
_CONNECT_S: Final = 5
_PAUSE_S: Final = 1

PING_S: Final = 10
"""Seconds between two signs of life that a broker is asked for; it is lost after two without."""

READ_SIZE: Final = 1 << 16
"""Maximum number of bytes that are read at once.

For more, as asyncio has it, the system is asked for memory with each read, and gets it back: three
more calls and new pages, which take as long as the read itself.
"""

# Maximum time in seconds for closing a connection.
_CLOSE_S: Final = 2.0

# Seconds between two cancellations of the same attempt.
_CANCEL_S: Final = 0.1

# Seconds between two looks whether a buffer is empty.
_SENT_S: Final = 0.001

# Seconds from the end of a connection to the next one.
_REST_S: Final = 1.0

# Status of what a broker sends where nobody listens.
_NO_RESPONDERS: Final = "503"

Trouble: TypeAlias = Callable[[Exception], None]


class TroubleLog:
    """Logs errors of a server's connection, the same one once until that is there again.

    Args:
        place: Where the brokers are, as it may be shown.
        what: What the server cannot do meanwhile, such as "cannot announce at".
    """

    def __init__(self, place: str, what: str) -> None:
        self._place = place
        self._what = what
        self._said = ""

    def note(self, error: BaseException) -> None:
        """Log an error, unless it is the last one."""
        text = error_text(error)
        if text != self._said:
            self._said = text
            server_log.warning("rpc.Serve: %s %s: %s", self._what, self._place, text)

    def clear(self) -> None:
        """Forget the error: the next one is logged in any case."""
        self._said = ""


async def stay_connected(
    brokers: Brokers,
    name: str,
    use: Callable[[Client], Awaitable[None]],
    trouble: Trouble,
    reconnected: Callable[[], Awaitable[None]],
) -> NoReturn:
    """Use one connection after the other, until this is cancelled.

    Args:
        brokers: Where to connect to; to another one when one has ended.
        name: That of the connections, for those who look at the broker.
        use: Called with each connection, which is over when that returns.
        trouble: Called with each error.
        reconnected: Called when a connection that was lost is there again.
    """
    while True:  # a broker may hang up for good, as when it is told other passwords
        try:
            client = await _connect(brokers, name, trouble, reconnected)
            try:
                await use(client)
            finally:
                await hang_up(client)
        except Exception as error:  # of the library, which a later attempt may not meet
            trouble(error)
        await asyncio.sleep(_REST_S)


async def _connect(
    brokers: Brokers,
    name: str,
    trouble: Trouble,
    reconnected: Callable[[], Awaitable[None]],
) -> Client:
    """Return a connection, once there is one; it never gives up."""
    client = _client_of(brokers)

    async def is_back() -> None:
        _limit_reads(client)
        await reconnected()

    connecting = _begin(
        client,
        brokers,
        name,
        trouble,
        reconnected_cb=is_back,
        reconnect_time_wait=_PAUSE_S,
        max_reconnect_attempts=-1,
        allow_reconnect=True,
    )
    try:
        await asyncio.shield(connecting)
    except BaseException:
        await _end(connecting)
        await hang_up(client)
        raise
    return client


async def connect_once(
    brokers: Brokers,
    name: str,
    ended: Callable[[], object],
    timeout: float | None,
) -> Client:
    """Return a connection that is not made again once it has ended.

    Args:
        brokers: As for `stay_connected`.
        name: The same.
        ended: Called when it has, perhaps more than once.
        timeout: Maximum time in seconds; None: a usual one.

    Raises:
        DialError: There is no connection to be had.
    """

    async def closed() -> None:
        ended()

    # The library goes on trying for ever: the first error is the end of an attempt here.
    first_error: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def failed(error: Exception) -> None:
        if not first_error.done():
            first_error.set_exception(error)
            first_error.exception()  # which is looked at, or of no interest any more

    client = _client_of(brokers)
    connecting = _begin(client, brokers, name, failed, closed_cb=closed, allow_reconnect=False)
    try:
        async with asyncio.timeout(timeout or _CONNECT_S):
            await asyncio.wait((connecting, first_error), return_when="FIRST_COMPLETED")
        await (connecting if connecting.done() else first_error)
    except BaseException as error:
        await _end(connecting)
        await hang_up(client)
        if not isinstance(error, Exception):
            raise
        raise DialError(f"cannot connect to {brokers}: {error_text(error)}") from error
    _watch(client, ended)
    return client


def _watch(client: Client, ended: Callable[[], object]) -> None:
    """Have the end of a connection told in any case.

    nats-py says nothing where it fails to send its last bytes, or to understand what it reads. Its
    task that reads ends then; that is a name of its own.
    """
    reading: asyncio.Task[None] | None = getattr(client, "_reading_task", None)
    if reading is not None:
        reading.add_done_callback(lambda _: ended())


class _EncryptedClient(Client):
    """A client that says nothing, and above all not who it is, unless that is encrypted.

    The library encrypts where the broker asks for it, whatever the address says.
    """

    def _connect_command(self) -> bytes:
        if not self._server_info.get("tls_required"):
            raise Error("the broker does not encrypt: write nats://, or have it use TLS")
        return super()._connect_command()


def _client_of(brokers: Brokers) -> Client:
    return _EncryptedClient() if brokers.is_encrypted else Client()


def _begin(
    client: Client,
    brokers: Brokers,
    name: str,
    trouble: Trouble,
    **options: Any,
) -> asyncio.Future[None]:
    """Begin to connect, as all connections do; the options are those of nats-py."""

    async def failed(error: Exception) -> None:
        client_log.debug("nats: %s", error)
        trouble(error)

    async def connect() -> None:
        await client.connect(
            **brokers.connect_options(),
            name=name,
            error_cb=failed,
            connect_timeout=_CONNECT_S,
            ping_interval=PING_S,
            **options,
        )
        _limit_reads(client)

    return asyncio.ensure_future(connect())


def _limit_reads(client: Client) -> None:
    """Have a connection read `READ_SIZE` bytes at once, where nats-py and asyncio show what reads.

    That is so without TLS: these are names of theirs, in versions 2.7 to 2.16.
    """
    writer = getattr(client._transport, "_io_writer", None)
    transport = getattr(writer, "transport", None)
    if getattr(transport, "max_size", 0) > READ_SIZE:
        transport.max_size = READ_SIZE  # type: ignore[union-attr]


def is_unheard(message: Msg) -> bool:
    """Return True for what a broker says where nobody answers to a subject."""
    headers = message.headers
    return headers is not None and headers.get("Status") == _NO_RESPONDERS


async def sent(client: Client) -> None:
    """Wait until nothing is left in the buffer of a connection, ahead of which a PING may go."""
    while client.is_connected and client.pending_data_size:
        await asyncio.sleep(_SENT_S)


async def hang_up(client: Client) -> None:
    """Close a connection, however far it has come.

    Raises nothing: what the library raises here would take the place of a cancellation.
    """
    try:
        with suppress(Exception):
            await asyncio.wait_for(client.close(), _CLOSE_S)
    finally:
        # The library leaves these running where its last bytes cannot be sent.
        for subscription in tuple(client._subs.values()):
            subscription._stop_processing()
        with suppress(Exception):
            if client._transport is not None:
                client._transport.close()  # type: ignore[no-untyped-call]


async def _end(connecting: asyncio.Future[None]) -> None:
    """End an attempt to connect, which takes some cancellations for those of its own."""
    while not connecting.done():
        connecting.cancel()
        await asyncio.wait((connecting,), timeout=_CANCEL_S)
    if not connecting.cancelled():
        connecting.exception()  # which is of no interest any more
