"""`CallOptions`: what a call may be told besides its arguments."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, Protocol, TypedDict, TypeVar

from attrs import define

from rpcgen._records import ImmutableRecord

from .metadata import TRACEPARENT, checked_metadata

__all__ = [
    "NO_METADATA",
    "NO_OPTIONS",
    "OPTION_NAMES",
    "CallDefaults",
    "CallOptions",
    "CallSettings",
    "Surrounding",
    "call_defaults",
    "check_call_options",
    "checked_interval",
    "checked_seconds",
    "resolve",
]

T = TypeVar("T")

NO_METADATA: Final[Mapping[str, str]] = {}
"""Metadata of a call without any."""


class CallOptions(TypedDict, total=False):
    """Options of every generated method, besides its own parameters.

    Attributes:
        timeout: Maximum time in seconds that the call takes; None: no limit, which is the
            default. The server is told what is left of it.
        metadata: Texts that travel beside the arguments, by names in lower-case ASCII.
        wait_for_ready: True to wait for a connection instead of failing where there is none.
        key: Idempotency key: the same method and key get the same reply, carried out once.
    """

    timeout: float | None
    metadata: Mapping[str, str]
    wait_for_ready: bool
    key: str


@define  # not frozen, which would make each of them take three times as long to make
class CallSettings:
    """Options of one call, checked, with the defaults of its client and of the call around it.

    Attributes:
        deadline: Time of `time.monotonic`, in seconds, at which the call is given up; None: never.
        metadata: As in `CallOptions`; None where there is none.
        wait_for_ready: As in `CallOptions`.
        key: As in `CallOptions`.
    """

    deadline: float | None = None
    metadata: dict[str, str] | None = None
    wait_for_ready: bool = False
    key: str = ""


OPTION_NAMES: Final = frozenset(CallOptions.__optional_keys__)
"""Names of the options: a parameter of a method that is called so leaves no room for them."""

NO_OPTIONS: Final = CallSettings()
"""Settings of a call that uses nothing beyond Go's net/rpc."""


class CallDefaults(ImmutableRecord):
    """Default options of the calls of a client.

    Attributes:
        timeout: Default of `CallOptions`, in seconds; None: that of the method, if it has one.
        metadata: Texts that travel with every call; one that the call has by the same name wins.
    """

    timeout: float | None = None
    metadata: dict[str, str] | None = None


def call_defaults(
    call_timeout: float | None = None, metadata: Mapping[str, str] | None = None
) -> CallDefaults | None:
    """Return what a client is told for all its calls, None if that is nothing.

    Args:
        call_timeout: See `CallDefaults`.
        metadata: See `CallDefaults`.

    Raises:
        TypeError: A value is none that the option can have.
        ValueError: The same.
    """
    timeout = checked_seconds("call_timeout", call_timeout)
    texts = None if metadata is None else checked_metadata(metadata)
    if timeout is None and not texts:
        return None
    return CallDefaults(timeout, texts or None)


class Surrounding(Protocol):
    """The call that is being handled where another one is made."""

    deadline: float | None
    """Time of `time.monotonic`, in seconds, that the other call cannot outlive; None: never."""

    @property
    def traceparent(self) -> str:
        """W3C trace context, empty without one."""
        ...


def resolve(
    options: CallOptions,
    method_timeout: float | None,
    defaults: CallDefaults | None,
    surrounding: Surrounding | None,
    now: float,
) -> CallSettings:
    """Return the settings of a call.

    Args:
        options: What the call was told.
        method_timeout: Default of its method, in seconds.
        defaults: Those of its client, which come before that of the method.
        surrounding: The call whose handler makes it, if there is one.
        now: Time of `time.monotonic`, in seconds.

    Raises:
        TypeError: There is no option of this name, or it cannot have this value.
        ValueError: An option cannot have this value.
    """
    if surrounding is None and not options and defaults is not None:
        # Nearly all that have any settings: those of a client with a default timeout.
        timeout = method_timeout if defaults.timeout is None else defaults.timeout
        return CallSettings(None if timeout is None else now + timeout, defaults.metadata)
    timeout, metadata = method_timeout, None
    if defaults is not None:
        metadata = defaults.metadata
        if defaults.timeout is not None:
            timeout = defaults.timeout
    if options:
        check_call_options(options)
        if "timeout" in options:
            timeout = checked_seconds("timeout", options["timeout"])
        if "metadata" in options:
            metadata = {**(metadata or {}), **checked_metadata(options["metadata"])} or None
    deadline = None if timeout is None else now + timeout
    if surrounding is not None:
        deadline = _earlier(deadline, surrounding.deadline)
        if surrounding.traceparent:
            metadata = {TRACEPARENT: surrounding.traceparent, **(metadata or {})}
    if not options and deadline is None and metadata is None:
        return NO_OPTIONS
    settings = CallSettings(deadline, metadata)
    if "wait_for_ready" in options:
        settings.wait_for_ready = _checked("wait_for_ready", options["wait_for_ready"], bool)
    if "key" in options:
        settings.key = _checked("key", options["key"], str)
    return settings


def _earlier(first: float | None, second: float | None) -> float | None:
    if first is None or second is None:
        return second if first is None else first
    return min(first, second)


def check_call_options(options: CallOptions) -> None:
    """Raise `TypeError` if there is an option of another name."""
    if options.keys() <= OPTION_NAMES:
        return
    unknown = sorted(options.keys() - OPTION_NAMES)
    known = ", ".join(sorted(OPTION_NAMES))
    raise TypeError(f"unknown option {unknown[0]!r} of a call: there are {known}")


def checked_seconds(name: str, seconds: object) -> float | None:
    """Return a time limit in seconds, None where there is none.

    Raises:
        TypeError: It is no number.
        ValueError: It is negative, or no number as floats have it.
    """
    if seconds is None:
        return None
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        raise TypeError(f"{name}={seconds!r}: write a number of seconds, or None")
    if math.isnan(seconds) or seconds < 0:
        raise ValueError(f"{name}={seconds!r}: write a number of seconds that is not negative")
    return None if seconds == math.inf else float(seconds)


def checked_interval(name: str, seconds: object) -> float | None:
    """Return a time in seconds that is more than none, None where there is none; see above."""
    interval = checked_seconds(name, seconds)
    if interval == 0:
        raise ValueError(f"{name}={seconds!r}: write a number of seconds, more than 0")
    return interval


def _checked(name: str, value: object, kind: type[T]) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"{name}={value!r}: write a {kind.__name__}")
    return value
