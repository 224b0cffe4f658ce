"""`DialOptions`: what a client may be told besides the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from rpcgen.values.limits import Limits

from .call_options import CallDefaults, call_defaults, checked_interval
from .codec import ClientCodec
from .codecs import CodecName, CodecOptions, check_codec_options, client_codec

if TYPE_CHECKING:
    import ssl

    from .interceptors import AsyncClientInterceptor, ClientInterceptor

__all__ = [
    "DialOptions",
    "check_interceptors",
    "check_options",
    "checked_spin",
    "codec_of",
    "defaults_of",
]


class DialOptions(CodecOptions, total=False):
    """Options of `dial` besides the address.

    ``timeout``: how long connecting may take, in seconds (default: as long as
    the system tries). ``limits``: how large a reply may be. ``codec``: ``gob``
    (default), or ``json`` for Go's ``net/rpc/jsonrpc``. ``tls``: how to encrypt
    to a ``tls://`` or ``https://`` address, and whom to trust (default: whom the
    system trusts). ``strings`` and ``strict_names`` are those of `CodecOptions`.
    ``call_timeout``: maximum time in seconds of each call that is told no other
    (default: none). ``metadata``: texts that travel with each call. ``keepalive``:
    time in seconds after which a server that has sent nothing is asked for a sign
    of life, and after as long again taken for dead (default: never).
    ``interceptors``: functions around each call, of the kind that the API has.
    ``spin``: False to sleep at once while a reply is awaited, instead of looking for it for up
    to 100 microseconds where replies have come soon lately (default: True): a small call takes
    longer, and less processor time.
    """

    timeout: float | None
    limits: Limits
    codec: CodecName
    tls: ssl.SSLContext | None
    call_timeout: float | None
    metadata: Mapping[str, str]
    keepalive: float | None
    interceptors: Sequence[ClientInterceptor] | Sequence[AsyncClientInterceptor]
    spin: bool


def check_options(options: DialOptions) -> None:
    """Raise `TypeError` if there is an option of another name, as for a wrong argument.

    Raises `ValueError` for a value that an option cannot have.
    """
    known = DialOptions.__optional_keys__ | DialOptions.__required_keys__
    check_codec_options(options, known, "dial")
    defaults_of(options)
    checked_interval("keepalive", options.get("keepalive"))
    checked_spin(options.get("spin", True))


def checked_spin(spin: object) -> bool:
    """Return the argument ``spin`` of a client or a server.

    Raises:
        TypeError: It is no bool.
    """
    if isinstance(spin, bool):
        return spin
    raise TypeError(f"spin={spin!r}: write True or False")


def check_interceptors(options: DialOptions, *, is_async: bool) -> None:
    """Raise `TypeError` for an interceptor that is none for the client's API.

    To be called before there is a connection, which would be left open otherwise.
    """
    interceptors = options.get("interceptors")
    if interceptors:
        from .interceptors import checked_interceptors  # others do without

        checked = checked_interceptors(interceptors, is_async=is_async)
        options["interceptors"] = cast("tuple[ClientInterceptor, ...]", checked)


def defaults_of(options: DialOptions) -> CallDefaults | None:
    """Return what the calls of a new client have, None if that is nothing.

    Raises:
        TypeError: An option cannot have this value.
        ValueError: The same.
    """
    return call_defaults(options.get("call_timeout"), options.get("metadata"))


def codec_of(options: DialOptions) -> ClientCodec:
    """Return the codec of a new client.

    Raises:
        DialError: There is none of this name.
        TypeError: There is an option of another name; see `check_options`.
        ValueError: An option cannot have this value.
    """
    check_options(options)
    return client_codec(
        options.get("codec", "gob"),
        options.get("limits"),
        strings=options.get("strings", "strict"),
        strict_names=options.get("strict_names", False),
    )
