"""Messages of each kind of class that the accelerator meets, with values."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import attrs
from attrs import define, field, frozen

from rpcgen import gob
from rpcgen.types import Float32, Int8, Int16, Int32, Uint, Uint8, Uint16, Uint32, Uint64, length

from . import examples

__all__ = ["Plain", "samples"]


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 1 << 40


class Form(enum.StrEnum):
    NONE = ""
    ROUND = "round"


class Rights(enum.IntFlag):
    READ = 1
    WRITE = 2


@define
class Plain:
    """A class with slots that stores what it is given."""

    name: str = ""
    count: int = 0
    price: float = 0.0
    flag: bool = False


@define(slots=False)
class Loose:
    """A class with a dict."""

    a: int
    b: str
    plain: Plain | None = None


@frozen
class Cold:
    a: int
    b: tuple[str, ...] = ()


@frozen(slots=False)
class ColdLoose:
    a: int
    b: float = 1.5


@define
class Hooked:
    """A class that does more than to store."""

    a: int
    b: int = 0

    def __attrs_post_init__(self) -> None:
        if self.a == 13:
            raise ValueError("an unlucky number")


def _upper(text: str) -> str:
    return text.upper()


@define
class Checked:
    small: int = field(validator=attrs.validators.lt(1000))
    text: str = field(converter=_upper, default="")


@define(kw_only=True)
class Named:
    a: int
    b: str = "b"


@dataclass
class Data:
    a: int
    b: list[int]


@define
class Wide(Plain):
    """A class with fields of a base."""

    more: int = 0


@define
class Alike(Plain):
    """A class with no other fields than its base."""


@define
class Sizes:
    i8: Int8 = 0
    i16: Int16 = 0
    i32: Int32 = 0
    u8: Uint8 = 0
    u16: Uint16 = 0
    u32: Uint32 = 0
    u64: Uint64 = 0
    u: Uint = 0
    f32: Float32 = 0.0


@define
class Everything:
    flag: bool
    number: int
    large: Uint64
    real: float
    narrow: Float32
    pair: complex
    text: str
    raw: bytes
    octets: list[Uint8]
    numbers: list[int]
    names: tuple[str, ...]
    grid: Annotated[list[int], length(2)]
    digest: Annotated[bytes, length(4)]
    level: Level
    form: Form
    rights: Rights
    span: timedelta
    when: datetime
    id: uuid.UUID
    plains: list[Plain]
    by_name: dict[str, Plain]
    by_number: dict[int, str]
    by_cold: dict[Cold, int]
    by_real: dict[float, int]
    maybe: int | None
    maybe_text: str | None
    maybe_plain: Plain | None
    maybe_map: dict[str, int] | None
    anything: Any
    loose: Loose
    sizes: Sizes


@define
class Chain:
    value: int
    next: Chain | None = None


def _everything(number: int) -> Everything:
    return Everything(
        flag=bool(number % 2),
        number=-number,
        large=2**64 - 1 - number,
        real=number / 3,
        narrow=0.5 * number,
        pair=complex(number, -number),
        text="text" * number,
        raw=b"raw" * number,
        octets=[number, 0, 255],
        numbers=[0, 1, -1, 1 << 40],
        names=("a", "ü"),
        grid=[number, 0],
        digest=bytes([0, 127, 128, number]),
        level=Level.HIGH,
        form=Form.ROUND if number else Form.NONE,
        rights=Rights(number % 4),
        span=timedelta(microseconds=number),
        when=datetime(2024, 1, 2, 3, 4, 5, number, UTC),
        id=uuid.UUID(int=number),
        plains=[Plain("p", number, 0.1, True), Plain(), Plain("", 0, 2.5)],
        by_name={"x": Plain("x"), "": Plain()},
        by_number={number: "n", -5: ""},
        by_cold={Cold(number, ("c",)): 1},
        by_real={0.5: 1, -1e300: number},
        maybe=number or None,
        maybe_text="t",
        maybe_plain=Plain("m"),
        maybe_map={"k": 0} if number else None,
        anything=None,
        loose=Loose(1, "b", None),
        sizes=Sizes(-128, 300, -70000, 255, 1, 1 << 31, 1 << 63, 7, 0.25),
    )


@define
class Leaf:
    name: str
    size: int


@define
class Twig:
    items: list[Any]


@define
class Branch:
    """A message with interface values of both kinds."""

    what: Any
    which: Leaf | Twig
    some: list[Leaf]
    named: dict[str, Leaf | Twig | None]


gob.register(Leaf, "examples.Leaf")
gob.register(Twig, "examples.Twig")


def _chain(links: int) -> Chain:
    chain = None
    for number in range(links):
        chain = Chain(number, chain)
    assert chain is not None
    return chain


def typed_values() -> list[Any]:
    """Return values in interfaces that tell their Go types themselves, some as they arrive."""
    integers = Int8, Uint8, Uint16, Int32, Uint64, "uint32"
    pairs: list[tuple[Any, Any]] = [
        *((number, kind) for kind in integers for number in (0, 7, 100)),
        *((x, Float32) for x in (0.0, 1.5, -2.0)),
        *(([1, 2], list[int]), ([], list[int]), (["a"], list[str])),
        (Leaf("t", 1), "examples.Leaf"),
    ]
    typed: list[Any] = [gob.Typed(value, annotation) for value, annotation in pairs]
    arrived: list[Any] = gob.loads(gob.dumps(typed, list[Any]), list[Any])
    return [*typed, *arrived, 5, None, *typed]


def samples() -> Iterator[tuple[Any, Any]]:
    """Yield annotations, and values that fit them."""
    yield Everything, _everything(0)
    yield Everything, _everything(7)
    without_any = attrs.make_class(
        "WithoutAny",
        {
            each.name: field(type=each.type)
            for each in attrs.fields(attrs.resolve_types(Everything, include_extras=True))
            if each.name not in ("anything", "by_cold")
        },
    )
    for number in (0, 3, 200):
        whole = _everything(number)
        yield (
            without_any,
            without_any(
                **{each.name: getattr(whole, each.name) for each in attrs.fields(without_any)}
            ),
        )
    yield Plain, Plain("name", 300, -1.5, True)
    yield Plain, Alike("alike", 1)
    yield Wide, Wide("wide", 2, 0.5, False, -9)
    yield Loose, Loose(5, "five", Plain("p"))
    yield Cold, Cold(1, ("x", "y"))
    yield ColdLoose, ColdLoose(3)
    yield Hooked, Hooked(12)
    yield Checked, Checked(999, "text")
    yield list[Checked], [Checked(1), Checked(2, "b")]
    yield Named, Named(a=1)
    yield list[Named], [Named(a=1, b=""), Named(a=0, b="x")]
    yield Data, Data(1, [1, 2])
    yield Sizes, Sizes(127, -32768, 1, 200, 65535, 9, 1 << 62, 0, -1.25)
    yield Chain, _chain(5)
    yield Chain, _chain(40)
    yield list[int], [0, 127, -128, 1 << 62, -(1 << 63)]
    yield list[float], [0.0, -0.0, 1.0, 0.1, 1e300, float("inf")]
    yield list[Float32], [0.0, 1.0, 0.5]
    yield list[str], ["", "a", "ü" * 100, "x" * 600]
    yield list[bytes], [b"", b"a" * 40_000, b"b"]
    yield list[bool], [True, False]
    yield list[list[int]], [[], [1], [2, 3]]
    yield dict[str, int], {f"k{n}": n for n in range(30)}
    yield dict[uuid.UUID, str], {uuid.UUID(int=n): "u" for n in range(3)}
    yield dict[str, list[Plain]], {"a": [Plain("x")], "b": []}
    yield bytes, b"y" * 70_000
    yield str, "z" * 40_000
    yield (
        examples.Kinds,
        examples.Kinds(
            flag=True,
            number=1,
            small=-1,
            octet=200,
            real=2.5,
            narrow=0.5,
            pair=1j,
            text="t",
            raw=b"r",
            color=examples.Color.BLUE,
            unit=examples.Unit.METRE,
            span=timedelta(days=-1),
            grid=[1, 2],
            names=("n",),
            points={examples.Point(1, 2): [examples.Point(0, 0)]},
            maybe=None,
            when=datetime(1999, 1, 1, tzinfo=UTC),
        ),
    )
    yield examples.Drawing, examples.Drawing(examples.Circle(1.5), [None, examples.Square(2.0)])
    yield examples.Keeper, examples.Keeper(examples.Secret(b"abc"), examples.Secret(b""))
    yield examples.Holder, examples.Holder([1, "two", None], 3)
    yield list[Any], [Leaf("a", 1), None, 5, "text", 1.5, True, b"raw", Leaf("b", 2), Twig([1])]
    yield list[Any], [gob.Typed(5, Uint8), Leaf("", 0), [1, "two", [None]], {"k": Leaf("c", 3)}]
    yield list[Any], typed_values()
    yield list[Branch], [Branch(each, Leaf("k", 1), [], {}) for each in typed_values()]
    yield dict[str, Any], {"leaf": Leaf("d", 4), "number": 7, "twig": Twig([Leaf("e", 5), None])}
    yield list[Leaf | Twig], [Leaf("f", 6), Twig([Twig([])]), Leaf("g", 7)]
    yield Branch, Branch(Leaf("h", 8), Twig([1, 2]), [Leaf("i", 9)], {"t": Twig(["x"])})
    yield list[Branch], [Branch(Twig([n]), Leaf("j", n), [], {}) for n in range(5)]
