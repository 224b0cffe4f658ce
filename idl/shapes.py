"""A service whose messages come from another file, and are of several kinds at once.

A union of messages is an interface in Go: the value brings its type along,
under the name that ``wire`` gives it (``shapes.Circle`` would be the default).
"""

from typing import Any, Protocol

from attrs import define, field

from idl.common import Point
from rpcgen.types import wire


@define
class Circle:
    """A circle, by its centre and radius."""

    center: Point
    radius: float


@wire("shapes.Rect")
@define
class Rectangle:
    """A rectangle, by two opposite corners."""

    low: Point
    high: Point


@define
class Group:
    """Shapes that are moved together; a group may hold groups."""

    name: str = ""
    members: "list[Circle | Rectangle | Group]" = field(factory=list)


class Shapes(Protocol):
    """Plane geometry."""

    def area(self, shape: Circle | Rectangle | Group) -> float:
        """Return the area of a shape; that of a group is the sum of its members'."""
        ...

    def move(self, shape: Circle | Rectangle, by: Point, times: int = 1) -> Circle | Rectangle:
        """Return the shape moved ``times`` times ``by``.

        Several parameters travel as one struct, whose fields they are:
        ``struct { Shape any; By Point; Times int }`` in Go.
        """
        ...

    def bounds(self, points: list[Point]) -> Rectangle:
        """Return the smallest rectangle that holds all the points."""
        ...

    def count(self) -> int:
        """Return how many shapes the server has seen."""
        ...

    def describe(self, anything: Any) -> str:
        """Say in words what a value of any type is; each message of this file may come."""
        ...
