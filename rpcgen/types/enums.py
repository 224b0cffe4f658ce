"""Enums that take values without a member."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Any, Self, TypeVar

__all__ = [
    "OpenIntEnum",
    "OpenStrEnum",
]

T = TypeVar("T")


class OpenIntEnum(IntEnum):
    """An `IntEnum` that takes numbers without a member, such as those of a newer peer.

    ``class Color(OpenIntEnum)`` makes an unknown ``Color(7)`` a value of the
    class, equal to 7 and with the name ``UNKNOWN``, that is sent on as it came.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, int):
            return None
        return _unknown_member(cls, int.__new__(cls, value), int(value))

    @property
    def is_known(self) -> bool:
        """True if the class has a member of this value."""
        return self._value_ in type(self)._value2member_map_


class OpenStrEnum(StrEnum):
    """A `StrEnum` that takes texts without a member, like `OpenIntEnum`."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        return _unknown_member(cls, str.__new__(cls, value), str(value))

    @property
    def is_known(self) -> bool:
        """True if the class has a member of this value."""
        return self._value_ in type(self)._value2member_map_


def _unknown_member(cls: type[T], member: Any, value: object) -> T:
    member._name_ = "UNKNOWN"
    member._value_ = value
    made: T = member
    return made


# Where users find them, and pickles look for them.
for _public in (OpenIntEnum, OpenStrEnum):
    _public.__module__ = "rpcgen.types"
