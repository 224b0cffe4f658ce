"""`Record`: a struct that was read without a schema."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

from attrs import field, frozen

from ..schema import Schema

__all__ = ["Described", "Record", "Undecoded", "Unmade", "beginning"]


class Described(Protocol):
    """Object that knows the type of a value as its sender has described it."""

    @property
    def schema(self) -> Schema[Any]:
        """The type."""
        ...


class Unmade(tuple[Any, ...]):
    """Values of which some are the classes `list` and `dict`, for empty ones not made yet.

    A sender chooses how many fields a struct has, and leaves them out: to make
    all these containers would take more time than it does to read the struct.
    """

    __slots__ = ()


def made(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return values with all their lists and dicts.

    Args:
        values: Values of a struct's fields, an `Unmade` where some are still classes.
    """
    if values.__class__ is not Unmade:
        return values
    return tuple([each() if each is list or each is dict else each for each in values])


@frozen
class Record:
    """The fields of a Go struct, by their Go names: ``record["X"]`` or ``record.X``.

    It can be sent on, as the struct that it came as.

    Attributes:
        type_name: Go's name of the struct, empty if it has none.
        names: Go's names of the fields.
        origin: Object that knows what the sender said of the type.
        go_type: Name of the type as the value of an interface, empty if it was none.
    """

    rpcgen_described: ClassVar = "a struct that its sender has described"

    type_name: str
    names: tuple[str, ...]
    _values: tuple[Any, ...] = field(eq=made)
    origin: Described | None = field(default=None, repr=False, eq=False)
    go_type: str = field(default="", repr=False, eq=False)

    @property
    def values(self) -> tuple[Any, ...]:
        """The values of the fields, in the order of the names."""
        values = self._values
        if values.__class__ is Unmade:
            values = made(values)
            object.__setattr__(self, "_values", values)
        return values

    def __getitem__(self, name: str) -> Any:
        try:
            return self.values[self.names.index(name)]
        except ValueError:
            raise KeyError(name) from None

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"{self.type_name} has no field {name!r}") from None

    def asdict(self) -> dict[str, Any]:
        """Return the fields in a dict of their own."""
        return dict(zip(self.names, self.values, strict=True))

    def __repr__(self) -> str:
        fields = ", ".join(f"{k}={v!r}" for k, v in self.asdict().items())
        return f"{self.type_name or 'Record'}({fields})"


def beginning(value: object) -> str:
    """Return the beginning of a value's ``repr``, for a message.

    Of a record no more than its name: to make all its fields, of a type that a sender has
    described, and write them out would take far more than to read it.
    """
    if isinstance(value, Record):
        return f"{value.type_name or 'Record'}(...)"
    if isinstance(value, tuple | list | dict) and value:
        first = next(iter(value.values() if isinstance(value, dict) else value))
        if isinstance(first, Record | tuple | list | dict):
            brackets = repr(type(value)())
            return f"{brackets[0]}{beginning(first)}, ...{brackets[1]}"
    return f"{value!r:.80}"


@frozen
class Undecoded:
    """The bytes that a Go type made of itself, whose meaning only it knows.

    Attributes:
        type_name: Go's name of the type.
        data: The bytes.
        encoding: Which of Go's interfaces made them: ``gob``, ``binary`` or ``text``.
        go_type: Name of the type as the value of an interface, empty if it was none.
    """

    rpcgen_described: ClassVar = "a type that encodes itself"

    type_name: str
    data: bytes
    encoding: str = field(default="gob", repr=False, eq=False)
    go_type: str = field(default="", repr=False, eq=False)
