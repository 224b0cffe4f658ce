"""Connect to a server. Mirrors ``rpc.Dial`` and ``rpc.DialHTTP``."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any, Unpack, cast, overload

from rpcgen._interrupts import reraise_interrupt
from rpcgen.channel.target import needs_channel
from rpcgen.errors import DialError
from rpcgen.net.sockets import UNIX_RETRY_S, check_tls, encoded_host, prepare_connection
from rpcgen.protocol import (
    DEFAULT_RPC_PATH,
    Address,
    ClientCodec,
    DialOptions,
    http_address,
    parse_address,
)
from rpcgen.protocol.options import check_interceptors, codec_of

from .client import Client
from .stream import Stream, set_deadline, wrap_tls

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from rpcgen.channel.target import ChannelOptions, Target
    from rpcgen.protocol.interceptors import ClientInterceptor
    from rpcgen.values.limits import Limits

    from .channel import Channel

__all__ = ["dial", "dial_http", "dial_http_path"]


@overload
def dial(  # type: ignore[overload-overlap]  # the first that fits is what is given
    address: str, **options: Unpack[DialOptions]
) -> Client: ...
@overload
def dial(address: Target, **options: Unpack[ChannelOptions]) -> Channel: ...
def dial(address: Target, **options: Unpack[ChannelOptions]) -> Client | Channel:
    """Connect to a server and return a client that speaks gob, or the ``codec`` that is said.

    ``address`` is ``host:port``, ``tcp://host:port``, ``unix:///path.sock``,
    ``http://host:port`` with a path or without, ``http+unix:///path.sock``,
    ``tls://host:port`` or ``https://host:port``. Mirrors ``rpc.Dial``.

    A list of addresses, an address such as ``dns://name:port`` behind which a resolver stands, a
    `Resolver` itself, or one of the options ``reconnect``, ``connections``, ``retry`` and
    ``balance`` gives a channel instead: it connects with its first call, and whenever it must.

    Args:
        address: Where to connect to.
        **options: See `DialOptions`, and `ChannelOptions` for a channel. ``timeout`` bounds the
            whole of connecting and of the handshakes of TLS and HTTP, but not the look-up of a
            name.

    Raises:
        DialError: There is no connection to be had.
        TypeError: There is no option of this name, or ``tls`` is no context.
        ValueError: An option has a value that it cannot have, such as ``tls`` for an address
            that is not encrypted.
    """
    if needs_channel(address, cast("dict[str, Any]", options)):
        if options.get("via") is not None:
            from .via_nats import dial_via_nats  # which needs nats-py

            return dial_via_nats(address, options)
        from .channel import dial_channel  # others do without

        return dial_channel(address, options, _dial)
    return _dial(cast("str", address), cast("DialOptions", options))


def _dial(address: str, options: DialOptions) -> Client:
    codec = codec_of(options)
    check_interceptors(options, is_async=False)
    return _client(_open(parse_address(address), options), codec, options)


def dial_http(address: str, **options: Unpack[DialOptions]) -> Client:
    """Connect to the HTTP server at ``address``, at the default path; see `dial`.

    Mirrors ``rpc.DialHTTP``.
    """
    return dial_http_path(address, DEFAULT_RPC_PATH, **options)


def dial_http_path(address: str, path: str, **options: Unpack[DialOptions]) -> Client:
    """Connect to the HTTP server at ``address``, at ``path``; see `dial`.

    Mirrors ``rpc.DialHTTPPath``.
    """
    codec = codec_of(options)
    check_interceptors(options, is_async=False)
    return _client(_open(http_address(address, path), options), codec, options)


def _client(connection: Stream, codec: ClientCodec, options: DialOptions) -> Client:
    return Client(
        connection,
        codec,
        limits=options.get("limits"),
        call_timeout=options.get("call_timeout"),
        metadata=options.get("metadata"),
        keepalive=options.get("keepalive"),
        interceptors=cast("Sequence[ClientInterceptor]", options.get("interceptors", ())),
        spin=options.get("spin", True),
    )


def _open(address: Address, options: DialOptions) -> Stream:
    check_tls(address, options.get("tls"))
    timeout = options.get("timeout")
    deadline = None if timeout is None else time.monotonic() + timeout
    try:
        connection = _connect(address, deadline)
        try:
            return _prepare(
                connection, address, options.get("tls"), deadline, options.get("limits")
            )
        except BaseException:
            connection.close()
            raise
    except OSError as error:
        reraise_interrupt(error)
        raise DialError(f"cannot connect to {address}: {error}") from error


def _connect(address: Address, deadline: float | None) -> socket.socket:
    if address.network == "unix":
        return _connect_unix(address.unix_name, deadline)
    host, failure = encoded_host(address.host or "localhost"), OSError("no address of this name")
    for family, _, _, _, place in socket.getaddrinfo(host, address.port, type=socket.SOCK_STREAM):
        try:
            return _connect_to(family, place, deadline)
        except OSError as error:
            reraise_interrupt(error)
            failure = error
    raise failure


def _connect_unix(name: str, deadline: float | None) -> socket.socket:
    while True:
        try:
            return _connect_to(socket.AF_UNIX, name, deadline)
        except BlockingIOError as error:
            reraise_interrupt(error)
            # With a timeout, the system itself does not wait for room in the server's queue.
            time.sleep(UNIX_RETRY_S)


def _connect_to(family: int, place: Any, deadline: float | None) -> socket.socket:
    connection = socket.socket(family)
    try:
        set_deadline(connection, deadline)
        connection.connect(place)
        prepare_connection(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(
    connection: socket.socket,
    address: Address,
    context: ssl.SSLContext | None,
    deadline: float | None,
    limits: Limits | None,
) -> Stream:
    """Do what comes before the first call: TLS, and the CONNECT of HTTP."""
    stream = Stream(connection)
    if address.tls:
        stream = wrap_tls(
            connection,
            context or _default_context(),
            server_hostname=address.host or "localhost",
            deadline=deadline,
        )
    if address.http_path:
        _connect_http(stream, connection, address.http_path, deadline, limits)
    return stream


def _connect_http(
    stream: Stream,
    connection: socket.socket,
    path: str,
    deadline: float | None,
    limits: Limits | None,
) -> None:
    from rpcgen.protocol.http import ConnectHandshake  # and with it h11, which others do without

    handshake, early = ConnectHandshake(path, limits), None
    set_deadline(connection, deadline)
    stream.send_all(stream.encrypt(handshake.request))
    while early is None:
        set_deadline(connection, deadline)
        early = handshake.receive(stream.read())
    stream.push_back(early)


def _default_context() -> ssl.SSLContext:
    import ssl  # a plain connection does without

    return ssl.create_default_context()
