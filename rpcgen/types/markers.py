"""Markers: properties of a type, class, field or method that its annotation does not show."""

from __future__ import annotations

import re
from enum import EnumType
from typing import Final, TypeVar

from .._records import ValueRecord

__all__ = [
    "Embedded",
    "GoType",
    "InterfaceMark",
    "embedded",
    "interface",
    "json_tag",
    "length",
    "struct_args",
    "takes_struct",
    "underlying",
    "underlying_of",
    "wire",
    "wire_name_of",
]

T = TypeVar("T")

_INTEGER: Final = re.compile(r"u?int(?:8|16|32|64|ptr)?")

# Where `wire("Name")` leaves its mark on a class or function.
_WIRE_NAME: Final = "__rpcgen_wire_name__"

# Where `underlying` leaves its own.
_UNDERLYING: Final = "__rpcgen_underlying__"

# Where `struct_args` leaves its own.
_STRUCT_ARGS: Final = "__rpcgen_struct_args__"


class GoType(ValueRecord):
    """The Go type that an annotated Python type stands for.

    Attributes:
        name: Go's name of the type, such as ``uint8``.
    """

    name: str


class length(ValueRecord):  # noqa: N801 - reads as a word of the IDL
    """A fixed number of elements: ``Annotated[list[int], length(4)]`` is Go's ``[4]int``.

    Attributes:
        count: Number of elements, 0 or more.

    Raises:
        ValueError: The number is negative or not an integer.
    """

    count: int

    def __init__(self, count: int) -> None:
        if type(count) is not int or count < 0:
            raise ValueError(f"length({count!r}): a length is 0, 1, 2, ...")
        super().__init__(count)

    def __repr__(self) -> str:
        return f"length({self.count})"


class _Decorator:
    """Base of marks that decorate: type checkers take what a `ValueRecord` decorates for one."""

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in vars(self).items())})"


class wire(_Decorator):  # noqa: N801 - reads as a word of the IDL
    """The name that Go knows something by, where the default would be another.

    A decorator on a service, method or message, or inside ``Annotated`` on a
    field or parameter. A message's name may carry its Go package,
    ``wire("shapes.Circle")``: that is what it is called inside an interface value.

    Attributes:
        name: The name on the wire.

    Raises:
        TypeError: The decorator was written without a name.
    """

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):  # as after a bare @wire
            raise TypeError(f'{name!r} is not a name: write wire("Name")')
        self.name: Final = name

    def __call__(self, target: T) -> T:
        """Give a service, method or message its name.

        Args:
            target: The class or function that is decorated.

        Returns:
            The same.
        """
        setattr(target, _WIRE_NAME, self.name)
        return target


def wire_name_of(target: object) -> str | None:
    """Return the name that `wire` has given to this very class or function.

    Args:
        target: A class or function.

    Returns:
        The name, None if there is none.
    """
    # Not getattr: a subclass does not share the name of its base.
    name = vars(target).get(_WIRE_NAME)
    return name if isinstance(name, str) else None


class underlying(_Decorator):  # noqa: N801 - reads as a word of the IDL
    """Go's underlying type of an enum of numbers, where it is not ``int``.

    Go's ``type Level uint8`` with its constants is::

        @underlying(Uint8)
        class Level(OpenIntEnum):
            LOW = 1
            HIGH = 2

    Attributes:
        type: One of the sized integers of `rpcgen.types`: ``Uint8``, ``Int32``, ``Uint``, ...

    Raises:
        TypeError: It is none of them, or what is decorated is no enum of numbers.
    """

    def __init__(self, type: object) -> None:
        if not _integer_name(type):
            raise TypeError(f"underlying({type!r}): write a sized integer, such as Uint8")
        self.type: Final = type

    def __call__(self, target: T) -> T:
        """Give an enum its underlying type.

        Args:
            target: The class.

        Returns:
            The same.
        """
        if not (isinstance(target, EnumType) and issubclass(target, int)):
            raise TypeError(f"@underlying on {target!r}: it is for an IntEnum or OpenIntEnum")
        setattr(target, _UNDERLYING, _integer_name(self.type))
        return target


def underlying_of(target: object) -> str:
    """Return the name of Go's type that `underlying` has given to this very enum, else ``int``.

    Args:
        target: An enum of numbers.
    """
    name = vars(target).get(_UNDERLYING)
    return name if isinstance(name, str) else "int"


def _integer_name(type_: object) -> str:
    """Return Go's name of a sized integer, empty for anything else."""
    marks = getattr(type_, "__metadata__", ())
    names = [mark.name for mark in marks if isinstance(mark, GoType)]
    return names[0] if len(names) == 1 and _INTEGER.fullmatch(names[0]) else ""


class json_tag(ValueRecord):  # noqa: N801 - reads as a word of the IDL
    """Name and options of a field in JSON, as in Go's struct tag: ``json_tag("id,omitempty")``.

    Go's ``ID int `json:"id,omitempty"` `` is ``id: Annotated[int,
    json_tag("id,omitempty")]``. The name comes first, and defaults to the wire
    name; ``"-"`` alone keeps the field out of JSON. Of the options,
    ``omitempty`` and ``omitzero`` leave a field out as Go does, and one that
    does not arrive is then zero; ``string`` puts a number, a bool or a text
    into a string. See ``Marshal`` in the documentation of Go's ``encoding/json``.

    Attributes:
        text: The tag, without its key and quotes.
    """

    text: str

    @property
    def name(self) -> str:
        """The name in JSON, empty where the tag gives none."""
        return self.text.partition(",")[0]

    @property
    def options(self) -> frozenset[str]:
        """The options that follow the name."""
        return frozenset(self.text.split(",")[1:]) - {""}

    @property
    def omitted(self) -> bool:
        """True if the field stays out of JSON."""
        return self.text == "-"


class Embedded(ValueRecord):
    """The type of `embedded`."""


# ``base: Annotated[Base, embedded]`` is Go's embedded struct: gob sends it as a field like any
# other, while in JSON its fields stand among those of the message that it is in.
embedded: Final = Embedded()


def struct_args(target: T) -> T:
    """Let the only parameter of a method travel as a field of a struct.

    A decorator on a method, or on a service for all its methods. Several
    parameters travel so anyway; a single one is Go's argument itself, which
    leaves no room for a second one later::

        @struct_args
        def find(self, name: str) -> list[User]: ...  # Go: FindArgs struct { Name string }

    Args:
        target: The method or service that is decorated.

    Returns:
        The same.
    """
    setattr(target, _STRUCT_ARGS, True)
    return target


def takes_struct(target: object) -> bool:
    """Return True if `struct_args` marks this very method or service.

    Args:
        target: A method or service.
    """
    return _STRUCT_ARGS in vars(target)


class InterfaceMark(ValueRecord):
    """The type of `interface`."""


# ``Annotated[Circle, interface]`` is a Go interface that Circle alone fits so far; a union of
# messages, ``Circle | Square``, is one by itself.
interface: Final = InterfaceMark()
