"""`RequestEncoder`: the requests of a client, Go's own and those that say more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from rpcgen._interrupts import reraise_interrupt
from rpcgen.errors import RpcError
from rpcgen.method import Method

from .call_errors import deadline_error, unstarted
from .call_options import NO_OPTIONS, CallSettings
from .codec import (
    ClientCodec,
    Encode,
    checked,
    encode_known,
    encode_plain,
    extended_codec,
    joined,
)
from .headers import ExtendedRequest, Feature, Request

__all__ = ["RequestEncoder"]

_FEATURES: Final = Feature.DRAIN_NOTICE | Feature.LARGE_HEADERS
"""Abilities of clients beyond Go's net/rpc."""

# Number of milliseconds in a second, and of nanoseconds in a millisecond.
_MS: Final = 1000
_NS: Final = 1_000_000

# A time left that is longer does not fit into the header: it is 292 years.
_MAX_NS: Final = (1 << 63) - 1
_MAX_S: Final = _MAX_NS // 10**9


class RequestEncoder:
    """Encodes the requests of one connection; one thread at a time is in it.

    Args:
        codec: That of the connection.
        clock: Returns the time in seconds by which deadlines go.
    """

    def __init__(self, codec: ClientCodec, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._encode: Encode[Request] = checked(codec, codec.encode_request)
        self._encode_plain = encode_plain(codec, self._encode, Request)
        self._is_extended = extended_codec(codec) is not None
        self._encode_known = encode_known(codec)
        self._has_said_features = False

    def encode(
        self,
        seq: int,
        method: Method[Any, Any],
        args: object,
        settings: CallSettings = NO_OPTIONS,
    ) -> bytes:
        """Return the bytes of a request.

        Args:
            seq: Number of the call.
            method: What is called.
            args: Its arguments.
            settings: Its settings.

        Raises:
            EncodeError: The arguments do not fit.
            DeadlineExceededError: The deadline has passed.
        """
        if settings is not NO_OPTIONS:
            return joined(self._encode_extended(seq, method, args, settings))
        try:
            parts = self._encode_plain(method.name, seq, method.request, args)
            # `joined` once more, which would be a call for every request.
            return parts[0] if len(parts) == 1 else b"".join(parts)
        except RpcError as error:
            reraise_interrupt(error)
            raise

    def encode_parts(
        self,
        seq: int,
        method: Method[Any, Any],
        args: object,
        settings: CallSettings = NO_OPTIONS,
    ) -> Sequence[bytes]:
        """Return the same in parts, large parts of the arguments as they are: not copied."""
        if settings is not NO_OPTIONS:
            return self._encode_extended(seq, method, args, settings)
        try:
            return self._encode_plain(method.name, seq, method.request, args)
        except RpcError as error:
            reraise_interrupt(error)
            raise

    def _encode_extended(
        self, seq: int, method: Method[Any, Any], args: object, settings: CallSettings
    ) -> Sequence[bytes]:
        """Return the parts of a request with more than Go's net/rpc has, if it has any."""
        timeout = 0
        if settings.deadline is not None:
            left = settings.deadline - self._clock()
            # Above a second in whole milliseconds: what calls with the same time limit say of it is
            # nearly always the same then, and need not be encoded again.
            timeout = int(left * _MS) * _NS if 1 < left < _MAX_S else _nanoseconds(left)
            if timeout <= 0:
                raise unstarted(deadline_error(method.name))
        metadata, key = settings.metadata, settings.key
        if not self._is_extended or not (timeout or metadata or key):
            return self.encode_parts(seq, method, args)
        if self._encode_known is not None and self._has_said_features and not key:
            # Nearly all that have any settings, in half the time.
            parts = self._encode_known(method.name, seq, timeout, metadata, method.request, args)
            if parts is not None:
                return parts
        features = 0 if self._has_said_features else int(_FEATURES)
        request = ExtendedRequest(method.name, seq, timeout, metadata, key, 0, False, 0, features)
        try:
            parts = self._encode(request, method.request, args)
        except RpcError as error:
            reraise_interrupt(error)
            raise
        self._has_said_features = True
        return parts


def _nanoseconds(seconds: float) -> int:
    """Return a time that is left, short or very long, as a header has it."""
    return _MAX_NS if seconds >= _MAX_S else int(seconds * _MS * _NS)
