"""`CallOptions`: what a call may be told besides its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypedDict

from attrs import frozen

__all__ = ["NO_OPTIONS", "OPTION_NAMES", "CallOptions", "CallSettings", "check_call_options"]


class CallOptions(TypedDict, total=False):
    """What every generated method takes besides its own parameters.

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


@frozen
class CallSettings:
    """Options of one call, checked, with the defaults of its client and of the call around it.

    Attributes:
        deadline: Time of `time.monotonic`, in seconds, at which the call is given up; None: never.
        metadata: As in `CallOptions`.
        wait_for_ready: As in `CallOptions`.
        key: As in `CallOptions`.
    """

    deadline: float | None = None
    metadata: Mapping[str, str] = {}
    wait_for_ready: bool = False
    key: str = ""


OPTION_NAMES: Final = frozenset(CallOptions.__optional_keys__)
"""Names of the options: a parameter of a method that is called so leaves no room for them."""

NO_OPTIONS: Final = CallSettings()
"""Settings of a call that uses nothing beyond Go's net/rpc."""


def check_call_options(options: CallOptions) -> None:
    """Raise `TypeError` if there is an option of another name."""
    unknown = sorted(options.keys() - OPTION_NAMES)
    if unknown:
        known = ", ".join(sorted(OPTION_NAMES))
        raise TypeError(f"unknown option {unknown[0]!r} of a call: there are {known}")
