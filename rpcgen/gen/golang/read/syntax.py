"""The syntax of Go, as far as it says what services and types there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from attrs import field, frozen

__all__ = [
    "ArrayExpr",
    "BinaryExpr",
    "Binding",
    "Body",
    "CallExpr",
    "ChanExpr",
    "CompositeExpr",
    "ConstSpec",
    "Expr",
    "Field",
    "FuncExpr",
    "Function",
    "GoFile",
    "Import",
    "InterfaceExpr",
    "LiteralExpr",
    "MapExpr",
    "NameExpr",
    "OtherExpr",
    "Parameter",
    "Place",
    "PointerExpr",
    "SelectorExpr",
    "SliceExpr",
    "StructExpr",
    "TypeDecl",
    "TypeExpr",
    "TypeName",
    "UnaryExpr",
]


@frozen(order=True)
class Place:
    """A line of a file, counted from 1."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


# Types


@frozen
class TypeName:
    """A type by its name: ``int``, ``api.Location``, ``Page[User]``."""

    name: str
    package: str = ""
    arguments: tuple[TypeExpr, ...] = ()

    def __str__(self) -> str:
        name = f"{self.package}.{self.name}" if self.package else self.name
        return f"{name}[{', '.join(map(str, self.arguments))}]" if self.arguments else name


@frozen
class PointerExpr:
    """``*T``."""

    element: TypeExpr

    def __str__(self) -> str:
        return f"*{self.element}"


@frozen
class SliceExpr:
    """``[]T``."""

    element: TypeExpr

    def __str__(self) -> str:
        return f"[]{self.element}"


@frozen
class ArrayExpr:
    """``[N]T``."""

    length: Expr
    element: TypeExpr

    def __str__(self) -> str:
        return f"[...]{self.element}"


@frozen
class MapExpr:
    """``map[K]V``."""

    key: TypeExpr
    value: TypeExpr

    def __str__(self) -> str:
        return f"map[{self.key}]{self.value}"


@frozen
class Field:
    """A field of a struct; an embedded one is named for its type."""

    name: str
    type: TypeExpr
    tag: str
    doc: str
    embedded: bool
    place: Place


@frozen
class StructExpr:
    """``struct { ... }``."""

    fields: tuple[Field, ...]

    def __str__(self) -> str:
        return "struct{...}"


@frozen
class InterfaceExpr:
    """``interface { ... }``: methods, and the interfaces that it embeds."""

    methods: tuple[Function, ...] = ()
    embedded: tuple[TypeExpr, ...] = ()

    def __str__(self) -> str:
        return "interface{...}"


@frozen
class FuncExpr:
    """``func(...)``."""

    results: tuple[TypeExpr, ...] = ()

    def __str__(self) -> str:
        return "func(...)"


@frozen
class ChanExpr:
    """``chan T``."""

    element: TypeExpr

    def __str__(self) -> str:
        return "chan"


TypeExpr: TypeAlias = (
    TypeName
    | PointerExpr
    | SliceExpr
    | ArrayExpr
    | MapExpr
    | StructExpr
    | InterfaceExpr
    | FuncExpr
    | ChanExpr
)

# Expressions


@frozen
class LiteralExpr:
    """A number or a text."""

    value: int | float | str


@frozen
class NameExpr:
    """A name: of a constant, variable, function, package or type."""

    name: str


@frozen
class SelectorExpr:
    """``operand.name``."""

    operand: Expr
    name: str


@frozen
class CallExpr:
    """A call or a conversion; types among the arguments, as of ``new``, are types."""

    function: Expr | TypeExpr
    arguments: tuple[Expr | TypeExpr, ...]
    place: Place


@frozen
class UnaryExpr:
    """``-x``, ``&x``, ``*x``."""

    operator: str
    operand: Expr


@frozen
class BinaryExpr:
    """``x + y``."""

    operator: str
    left: Expr
    right: Expr


@frozen
class CompositeExpr:
    """``T{...}``."""

    type: TypeExpr


@frozen
class OtherExpr:
    """An expression whose type or value is not looked for."""


Expr: TypeAlias = (
    LiteralExpr
    | NameExpr
    | SelectorExpr
    | CallExpr
    | UnaryExpr
    | BinaryExpr
    | CompositeExpr
    | OtherExpr
)

# Declarations


@frozen
class Binding:
    """A variable: with its type, or with the value (one of its results) that it gets."""

    name: str
    type: TypeExpr | None
    value: Expr | None
    index: int
    line: int


@frozen
class Body:
    """The variables and calls of a function, in the order of the text.

    ``handed_on`` are functions that register, where they are values and not called.
    """

    bindings: tuple[Binding, ...] = ()
    calls: tuple[CallExpr, ...] = ()
    handed_on: tuple[tuple[SelectorExpr, Place], ...] = ()


def _no_body() -> Body:
    return Body()


@frozen
class Parameter:
    """A parameter or result of a function; its name may be empty."""

    name: str
    type: TypeExpr


@frozen(eq=False)
class Function:
    """A function, or a method of ``receiver``; ``body`` reads what is in it."""

    name: str
    parameters: tuple[Parameter, ...]
    results: tuple[Parameter, ...]
    doc: str
    place: Place
    receiver: str = ""
    receiver_name: str = ""
    by_pointer: bool = False
    type_parameters: tuple[str, ...] = ()
    body: Callable[[], Body] = field(default=_no_body, repr=False)


@frozen(eq=False)
class TypeDecl:
    """``type Name[parameters] Type``, or ``type Name = Type``."""

    name: str
    parameters: tuple[str, ...]
    type: TypeExpr
    alias: bool
    doc: str
    place: Place


@frozen(eq=False)
class ConstSpec:
    """A constant; ``iota`` is its place in its group."""

    name: str
    type: TypeExpr | None
    value: Expr | None
    iota: int
    doc: str
    place: Place


@frozen
class Import:
    """An import; ``name`` is empty where the package's own is used."""

    name: str
    path: str
    place: Place


@frozen(eq=False)
class GoFile:
    """One file; ``problems`` are the places that the parser did not understand."""

    path: str
    package: str
    doc: str
    imports: tuple[Import, ...]
    types: tuple[TypeDecl, ...]
    constants: tuple[ConstSpec, ...]
    variables: tuple[Binding, ...]
    functions: tuple[Function, ...]
    problems: tuple[tuple[Place, str], ...]
    source: bytes = field(repr=False)

    def mentions(self, word: str) -> bool:
        """Return True if a word stands anywhere in the file: a cheap look before a long one."""
        return word.encode() in self.source
