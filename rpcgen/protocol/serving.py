"""What a server speaks on a connection that a listener took."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, Unpack

from attrs import evolve

from rpcgen.gob import Limits

from .address import DEFAULT_RPC_PATH
from .codecs import CodecName, CodecOptions, server_codec
from .hosts import HostNames
from .registry import Registry
from .server import ServerProtocol

if TYPE_CHECKING:
    from .http import HttpServerProtocol

    AnyServerProtocol: TypeAlias = ServerProtocol | HttpServerProtocol

__all__ = ["server_protocol"]


def server_protocol(
    registry: Registry,
    codec: CodecName,
    limits: Limits | None,
    http_path: str = "",
    host: str | None = "",
    **options: Unpack[CodecOptions],
) -> AnyServerProtocol:
    """Return the protocol of a new connection.

    With an ``http_path`` it begins as HTTP, whose routes are those that
    `Registry.handle_http` has set; a path other than the default replaces the
    one for net/rpc. ``host`` is where the listener is; see `HostNames`.
    Raises `DialError` if there is no codec of this name.
    """
    if not http_path:
        return ServerProtocol(registry, server_codec(codec, limits, **options))
    from .http import HttpServerProtocol  # and with it h11, which others do without

    routes = registry.routes
    if http_path != DEFAULT_RPC_PATH:
        routes = evolve(routes, rpc_path=http_path)
    limits = limits or Limits()
    return HttpServerProtocol(
        registry,
        routes,
        lambda: server_codec(codec, limits, **options),
        lambda: server_codec("json", limits),
        limits.message,
        HostNames(host, routes.hosts),
    )
