"""What an IDL may say beyond Python's own types: sized numbers, array lengths, wire names.

The sized numbers are plain ``int``, ``float`` and ``complex`` to a type checker
and at run time; the range is checked when a value is encoded or decoded::

    from typing import Annotated
    from attrs import define
    from rpcgen.types import Uint8, length, wire

    @define
    class Pixel:
        red: Uint8
        green: Uint8
        blue: Uint8
        matrix: Annotated[list[float], length(9)]
        ident: Annotated[int, wire("PixelID")]
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final, Self, TypeAlias, TypeVar

from attrs import frozen

from .._records import ValueRecord

if TYPE_CHECKING:
    from .gostdlib import (
        AddrPort,
        BigFloat,
        BigFloatValue,
        BigRat,
        GoTime,
        NetipAddr,
        NetipAddrPort,
        NetipPrefix,
    )

__all__ = [
    "URL",
    "AddrPort",
    "BigFloat",
    "BigFloatValue",
    "BigInt",
    "BigRat",
    "Complex64",
    "Duration",
    "Embedded",
    "Float32",
    "GoTime",
    "GoType",
    "Int8",
    "Int16",
    "Int32",
    "Int64",
    "InterfaceMark",
    "NetHardwareAddr",
    "NetIP",
    "NetIPMask",
    "NetipAddr",
    "NetipAddrPort",
    "NetipPrefix",
    "OpenIntEnum",
    "OpenStrEnum",
    "Time",
    "Uint",
    "Uint8",
    "Uint16",
    "Uint32",
    "Uint64",
    "Uintptr",
    "embedded",
    "interface",
    "json_tag",
    "length",
    "struct_args",
    "takes_struct",
    "wire",
    "wire_name_of",
]

T = TypeVar("T")

# Where `wire("Name")` leaves its mark on a class or function.
_WIRE_NAME: Final = "__rpcgen_wire_name__"

# Where `struct_args` leaves its own.
_STRUCT_ARGS: Final = "__rpcgen_struct_args__"


class GoType(ValueRecord):
    """The Go type that an annotated Python type stands for.

    Attributes:
        name: Go's name of the type, such as ``uint8``.
    """

    name: str


@frozen
class length:  # noqa: N801 - reads as a word of the IDL
    """A fixed number of elements: ``Annotated[list[int], length(4)]`` is Go's ``[4]int``.

    Attributes:
        count: Number of elements.

    Raises:
        ValueError: The number is negative or not an integer.
    """

    count: int

    def __attrs_post_init__(self) -> None:
        if type(self.count) is not int or self.count < 0:
            raise ValueError(f"length({self.count!r}): a length is 0, 1, 2, ...")

    def __repr__(self) -> str:
        return f"length({self.count})"


@frozen  # as a `ValueRecord`, type checkers would take what it decorates for one
class wire:  # noqa: N801 - reads as a word of the IDL
    """The name that Go knows something by, where the default would be another.

    A decorator on a service, method or message, or inside ``Annotated`` on a
    field or parameter. A message's name may carry its Go package,
    ``wire("shapes.Circle")``: that is what it is called inside an interface value.

    Attributes:
        name: The name on the wire.

    Raises:
        TypeError: The decorator was written without a name.
    """

    name: str

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.name, str):  # as after a bare @wire
            raise TypeError(f'{self.name!r} is no name: write wire("Name")')

    def __call__(self, target: T) -> T:
        """Give a service, method or message its name, and return it.

        Args:
            target: The class or function that is decorated.
        """
        setattr(target, _WIRE_NAME, self.name)
        return target


class json_tag(ValueRecord):  # noqa: N801 - reads as a word of the IDL
    """How a field appears in JSON, as Go's struct tag says it: ``json_tag("id,omitempty")``.

    Go's ``ID int `json:"id,omitempty"` `` is ``id: Annotated[int,
    json_tag("id,omitempty")]``. The name comes first, and defaults to the wire
    name; ``"-"`` alone keeps the field out of JSON. Of the options,
    ``omitempty`` and ``omitzero`` leave a field out as Go does, and one that
    does not arrive is then zero. Go's other options are not supported. See
    ``Marshal`` in the documentation of Go's ``encoding/json``.

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
    parameters travel so anyway; a single one is what Go calls the argument
    itself, which leaves no room for a second one later::

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
    """Return True if `struct_args` marks this very method or service."""
    return _STRUCT_ARGS in vars(target)


class InterfaceMark(ValueRecord):
    """The type of `interface`."""


# ``Annotated[Circle, interface]`` is a Go interface that Circle alone fits so far; a union of
# messages, ``Circle | Square``, is one by itself.
interface: Final = InterfaceMark()


def wire_name_of(target: object) -> str | None:
    """Return the name that ``wire`` gave to this very class or function, if any."""
    # Not getattr: a subclass does not share the name of its base.
    name = vars(target).get(_WIRE_NAME)
    return name if isinstance(name, str) else None


Int8: TypeAlias = Annotated[int, GoType("int8")]
Int16: TypeAlias = Annotated[int, GoType("int16")]
Int32: TypeAlias = Annotated[int, GoType("int32")]
Int64: TypeAlias = Annotated[int, GoType("int64")]
Uint: TypeAlias = Annotated[int, GoType("uint")]
Uint8: TypeAlias = Annotated[int, GoType("uint8")]
Uint16: TypeAlias = Annotated[int, GoType("uint16")]
Uint32: TypeAlias = Annotated[int, GoType("uint32")]
Uint64: TypeAlias = Annotated[int, GoType("uint64")]
Uintptr: TypeAlias = Annotated[int, GoType("uintptr")]
Float32: TypeAlias = Annotated[float, GoType("float32")]
Complex64: TypeAlias = Annotated[complex, GoType("complex64")]
BigInt: TypeAlias = Annotated[int, GoType("big.Int")]
URL: TypeAlias = Annotated[str, GoType("url.URL")]
NetIP: TypeAlias = Annotated[bytes, GoType("net.IP")]
NetIPMask: TypeAlias = Annotated[bytes, GoType("net.IPMask")]
NetHardwareAddr: TypeAlias = Annotated[bytes, GoType("net.HardwareAddr")]


class OpenIntEnum(IntEnum):
    """An `IntEnum` that takes numbers which no member has, such as those of a newer peer.

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
    """A `StrEnum` that takes texts which no member has, like `OpenIntEnum`."""

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


class _Nanoseconds:
    """What a moment and a span have in common: they are compared to the nanosecond."""

    __slots__ = ()

    @property
    def nanosecond(self) -> int:
        """The nanoseconds after the microsecond, 0 to 999."""
        return getattr(self, "_nanosecond", 0)

    def __eq__(self, other: object) -> bool:
        return self._same_microsecond(other) and self.nanosecond == _nanosecond_of(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: Any) -> bool:
        if self._same_microsecond(other):
            return self.nanosecond < _nanosecond_of(other)
        return super().__lt__(other)  # type: ignore[misc,no-any-return]  # of datetime, timedelta

    def __gt__(self, other: Any) -> bool:
        if self._same_microsecond(other):
            return self.nanosecond > _nanosecond_of(other)
        return super().__gt__(other)  # type: ignore[misc,no-any-return]

    def __le__(self, other: Any) -> bool:
        return not self > other

    def __ge__(self, other: Any) -> bool:
        return not self < other

    def __hash__(self) -> int:
        return super().__hash__()

    def _same_microsecond(self, other: object) -> bool:
        return super().__eq__(other) is True  # not NotImplemented


def _nanosecond_of(value: object) -> int:
    nanosecond: int = getattr(value, "nanosecond", 0)
    return nanosecond


class Time(_Nanoseconds, datetime):
    """A moment to the nanosecond: a `datetime`, and what a microsecond cannot hold.

    A ``time.Time`` arrives as a `datetime`, and as a `Time` where it has a part
    below the microsecond. Arithmetic and ``replace`` lose that part.
    """

    __slots__ = ("_nanosecond",)
    _nanosecond: int

    @classmethod
    def of(cls, moment: datetime, nanosecond: int) -> Time:
        """Return a moment and some nanoseconds.

        Args:
            moment: The moment to the microsecond.
            nanosecond: Nanoseconds after its microsecond, 0 to 999.

        Raises:
            ValueError: The nanoseconds are out of range.
        """
        if not 0 <= nanosecond < 1000:
            raise ValueError(f"nanosecond must be in 0..999, not {nanosecond}")
        time = cls(
            moment.year,
            moment.month,
            moment.day,
            moment.hour,
            moment.minute,
            moment.second,
            moment.microsecond,
            moment.tzinfo,
            fold=moment.fold,
        )
        time._nanosecond = nanosecond
        return time

    def __repr__(self) -> str:
        return f"Time.of({self._plain()!r}, {self.nanosecond})"

    def __str__(self) -> str:
        """Return the ISO format, with all nine digits of the second's fraction."""
        whole = self.replace(microsecond=0, tzinfo=None)
        zone = self.isoformat(timespec="microseconds")[26:]
        return f"{datetime.__str__(whole)}.{self.microsecond:06}{self.nanosecond:03}{zone}"

    def __reduce_ex__(self, protocol: object) -> tuple[object, ...]:
        return Time.of, (self._plain(), self.nanosecond)

    def _plain(self) -> datetime:
        return datetime.combine(self.date(), self.timetz())


class Duration(_Nanoseconds, timedelta):
    """A span to the nanosecond: a `timedelta`, and what a microsecond cannot hold.

    A ``time.Duration`` arrives as a `timedelta`, and as a `Duration` where it has
    a part below the microsecond. Arithmetic loses that part.
    """

    __slots__ = ("_nanosecond",)
    _nanosecond: int

    @classmethod
    def of(cls, nanoseconds: int) -> Duration:
        """Return the span of so many nanoseconds."""
        microseconds, nanosecond = divmod(nanoseconds, 1000)
        duration = cls(microseconds=microseconds)
        duration._nanosecond = nanosecond
        return duration

    def __bool__(self) -> bool:
        return super().__bool__() or self.nanosecond != 0

    def __repr__(self) -> str:
        return f"Duration.of({nanoseconds_of(self)})"

    def __reduce__(self) -> tuple[object, ...]:
        return Duration.of, (nanoseconds_of(self),)


def nanoseconds_of(span: Any) -> int:
    """Return a `timedelta` in nanoseconds; raises `AttributeError` for what is none."""
    microseconds: int = (span.days * 86400 + span.seconds) * 1_000_000 + span.microseconds
    nanosecond: int = getattr(span, "nanosecond", 0)
    return microseconds * 1000 + nanosecond


# Looked up when first used: they need modules that take long to import.
_LATER: Final = frozenset(
    "AddrPort BigFloat BigFloatValue BigRat GoTime NetipAddr NetipAddrPort NetipPrefix".split()
)


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import gostdlib

    return getattr(gostdlib, name)
