"""Messages that several services share; an IDL file may hold nothing else."""

from attrs import frozen


@frozen
class Point:
    """A place in the plane.

    It is frozen, so it can be the key of a map.
    """

    x: float = 0.0
    y: float = 0.0
