"""Messages and a base of services."""

from typing import Protocol

from attrs import define


@define
class Point:
    x: int
    y: int


@define
class Shape:
    center: Point


class Base(Protocol):
    """What every service has."""

    def name(self) -> str:
        """Return a name."""
        ...

    def origin(self, point: "Point") -> Shape: ...
