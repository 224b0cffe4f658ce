"""A store of values under string keys: maps, lists, optional fields and errors."""

from datetime import datetime, timedelta
from enum import IntEnum
from typing import Protocol

from attrs import define, field


class Durability(IntEnum):
    """When a write is answered."""

    MEMORY = 0
    DISK = 1
    REPLICAS = 2


@define
class Entry:
    """A value and what is known about it."""

    key: str
    value: bytes
    version: int = 0
    tags: dict[str, str] = field(factory=dict)
    expires: datetime | None = None


@define
class Page:
    """Some of the entries that were asked for; ``next_key`` begins the next page."""

    entries: list[Entry]
    next_key: str | None = None


@define
class Stats:
    """What the store holds, by the first part of the keys."""

    entries: int
    octets: int
    children: "dict[str, Stats]" = field(factory=dict)


class KVStore(Protocol):
    """A store of values under string keys.

    A missing key is answered with the error "no such key: KEY", a version that
    does not fit with "version is N".
    """

    def get(self, key: str) -> Entry:
        """Return the entry under a key."""
        ...

    def put(
        self,
        key: str,
        value: bytes,
        *,
        tags: dict[str, str],
        expires_in: timedelta | None = None,
        if_version: int | None = None,
        durability: Durability = Durability.MEMORY,
    ) -> int:
        """Store a value and return its version, which counts from 1.

        With ``if_version``, only where the entry still has that version.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove an entry."""
        ...

    def scan(self, prefix: str = "", limit: int = 100) -> Page:
        """Return the entries whose keys begin with ``prefix``, in order."""
        ...

    def get_many(self, keys: list[str]) -> dict[str, Entry]:
        """Return the entries of those keys that exist."""
        ...

    def stats(self) -> Stats:
        """Return what the store holds."""
        ...
