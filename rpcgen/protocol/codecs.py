"""Names of codecs: ``gob``, Go's own, and ``json``, Go's ``net/rpc/jsonrpc``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import (
    Literal,
    TypeAlias,
    TypedDict,
    Unpack,
)

from rpcgen.errors import DialError
from rpcgen.values.limits import Limits

from .codec import ClientCodec, ServerCodec
from .gob_codec import GobClientCodec, GobServerCodec

__all__ = [
    "CodecName",
    "CodecOptions",
    "check_codec_options",
    "client_codec",
    "import_for_calls",
    "import_for_gob",
    "server_codec",
]

CodecName: TypeAlias = Literal["gob", "json"]


class CodecOptions(TypedDict, total=False):
    """Options of gob's codec; JSON's has none: its text is Unicode, and its names fit in any case.

    ``strings`` says what becomes of Go strings that are not UTF-8, in arguments
    and replies: ``strict`` (default) refuses them, ``surrogateescape`` keeps
    their bytes as lone surrogates. ``strict_names`` says what becomes of fields whose
    names differ in case only: False (default) tells it once, True
    refuses them.
    """

    strings: Literal["strict", "surrogateescape"]
    strict_names: bool


_CHOICES: dict[str, tuple[object, ...]] = {
    "strings": ("strict", "surrogateescape"),
    "strict_names": (False, True),
}


def check_codec_options(
    options: Mapping[str, object], known: Collection[str] = _CHOICES.keys(), to: str = "listen"
) -> None:
    """Check the names of options, and the values of those that are in `CodecOptions`.

    Args:
        options: The options as they were passed.
        known: The names that there are.
        to: The name of the function that they were passed to.

    Raises:
        TypeError: If there is an option of another name, as for a wrong argument.
        ValueError: If one has a value that it cannot have.
    """
    for name, value in options.items():
        if name not in known:
            raise TypeError(
                f"{to}() got an unexpected option {name!r}; there are: {', '.join(sorted(known))}"
            )
        if name in _CHOICES and value not in _CHOICES[name]:
            choices = " or ".join(map(repr, _CHOICES[name]))
            raise ValueError(f"{name}={value!r}: write {choices}")


# The JSON codecs are imported where they are used: who speaks gob does without.


def client_codec(
    name: CodecName = "gob", limits: Limits | None = None, **options: Unpack[CodecOptions]
) -> ClientCodec:
    """Return the codec of a new client. Raises `DialError` if there is none of this name."""
    if name == "gob":
        return GobClientCodec(limits, **options)
    if name == "json":
        from .json_codec import JsonClientCodec

        return JsonClientCodec(limits)
    raise _unknown(name)


def server_codec(
    name: CodecName, limits: Limits | None = None, **options: Unpack[CodecOptions]
) -> ServerCodec:
    """Return the codec of a server's new connection. Raises `DialError` as `client_codec` does."""
    if name == "gob":
        return GobServerCodec(limits, **options)
    if name == "json":
        from .json_codec import JsonServerCodec

        return JsonServerCodec(limits)
    raise _unknown(name)


def import_for_calls(name: CodecName) -> None:
    """Import now what a codec imports with the first message, or the first type.

    For a server that is about to take connections: where they have used up the file descriptors
    of its process, nothing can be imported any more, and what it has read it could not decode.
    """
    if name == "json":
        from rpcgen.gob import implementation

        from . import json_codec  # noqa: F401

        if implementation == "c":
            from rpcgen.gojson import accelerated  # noqa: F401
        return
    import_for_gob()
    # A client that the accelerator serves imports these when it needs them.
    from rpcgen.gob.decode import interpret  # noqa: F401
    from rpcgen.gob.encode import compiler  # noqa: F401


def import_for_gob() -> None:
    """Import now what gob imports with the first message, or the first value of a kind.

    An exception that a signal handler raises in the middle of an import may
    leave Python's lock of all imports taken, and other threads waiting for ever. What few
    clients need is imported when it is needed, see `rpcgen._interrupts.import_apart`: of a
    client that the accelerator serves, that is all that compiles.
    """
    from rpcgen.gob import implementation, opaque  # noqa: F401
    from rpcgen.gob.decode import stream_functions  # noqa: F401
    from rpcgen.gob.encode import runtime  # noqa: F401
    from rpcgen.values import collisions, durations  # noqa: F401

    if implementation == "c":
        from rpcgen.gob.accelerated import encode_plan  # noqa: F401
        from rpcgen.gob.accelerated import stream_functions as programs  # noqa: F401
    else:
        from rpcgen.gob.decode import fast, interpret  # noqa: F401
        from rpcgen.gob.encode import compiler  # noqa: F401


def _unknown(name: object) -> DialError:
    return DialError(f"{name!r} is no codec: write 'gob' or 'json'")
