"""Which codec a connection speaks: ``gob``, Go's own, or ``json``, Go's ``net/rpc/jsonrpc``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from rpcgen.errors import DialError
from rpcgen.gob import Limits

from .codec import ClientCodec, ServerCodec
from .gob_codec import GobClientCodec, GobServerCodec

if TYPE_CHECKING:
    from .options import DialOptions

__all__ = ["CodecName", "client_codec", "server_codec"]

CodecName: TypeAlias = Literal["gob", "json"]

# The JSON codecs are imported where they are used: who speaks gob does without.


def client_codec(options: DialOptions) -> ClientCodec:
    """Return the codec of a new client. Raises `DialError` if there is none of this name.

    Raises `TypeError` for an option that there is not.
    """
    from .options import check_options  # whose types need the name of a codec

    check_options(options)
    name, limits = options.get("codec", "gob"), options.get("limits")
    if name == "gob":
        return GobClientCodec(limits)
    if name == "json":
        from .json_codec import JsonClientCodec

        return JsonClientCodec(limits)
    raise _unknown(name)


def server_codec(name: CodecName, limits: Limits | None = None) -> ServerCodec:
    """Return the codec of a server's new connection. Raises `DialError` as `client_codec` does."""
    if name == "gob":
        return GobServerCodec(limits)
    if name == "json":
        from .json_codec import JsonServerCodec

        return JsonServerCodec(limits)
    raise _unknown(name)


def _unknown(name: object) -> DialError:
    return DialError(f"{name!r} is no codec: write 'gob' or 'json'")
