"""Options of the queue of durable calls, and of those who work on it."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen

__all__ = ["WorkQueue", "positive"]

_DAY_S = 86400.0


def positive(_: object, attribute: object, value: float) -> None:
    """Raise `TypeError` or `ValueError` for what is no number greater than 0."""
    name = getattr(attribute, "name", "")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name}={value!r}: write a number")
    if not 0 < value < float("inf"):
        raise ValueError(f"{name}={value!r}: write a number greater than 0")


@frozen
class WorkQueue:
    """Options of how a broker keeps the durable calls of a service, and the replies to them.

    Attributes:
        keep_calls: Maximum time in seconds that a call waits to be carried out; then it is lost.
        keep_replies: Time in seconds for which a reply is kept, from when the call was over.
        duplicate_window: Time in seconds in which the broker itself drops a call that it has had
            before, as long as its reply is there.
        max_bytes: Maximum size of the calls that wait, and that of the replies, in bytes; more
            calls are refused. None: as much as the broker has.
        replicas: Number of brokers of a cluster that keep each call: 1, 3 or 5.
        storage: ``file``, or ``memory`` for what may be lost with the broker.

    Raises:
        TypeError: A value is of the wrong type.
        ValueError: A value is none that it can be.
    """

    keep_calls: float = field(default=7 * _DAY_S, validator=positive)
    keep_replies: float = field(default=_DAY_S, validator=positive)
    duplicate_window: float = field(default=120.0, validator=positive)
    max_bytes: int | None = None
    replicas: int = field(default=1)
    storage: Literal["file", "memory"] = "file"

    def __attrs_post_init__(self) -> None:
        if self.max_bytes is not None and self.max_bytes <= 0:
            raise ValueError(
                f"max_bytes={self.max_bytes!r}: write a number greater than 0, or None"
            )
        if self.replicas not in (1, 3, 5):
            raise ValueError(f"replicas={self.replicas!r}: write 1, 3 or 5")
        if self.storage not in ("file", "memory"):
            raise ValueError(f'storage={self.storage!r}: write "file" or "memory"')
