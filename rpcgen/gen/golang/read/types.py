"""Types of Go, resolved: what the names in a type stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from attrs import field, frozen

from .packages import Package, Packages
from .stdlib import KNOWN, KnownType
from .syntax import (
    ArrayExpr,
    ChanExpr,
    Expr,
    FuncExpr,
    Function,
    GoFile,
    InterfaceExpr,
    MapExpr,
    NameExpr,
    Place,
    PointerExpr,
    SelectorExpr,
    SliceExpr,
    StructExpr,
    TypeDecl,
    TypeExpr,
    TypeName,
)

__all__ = [
    "BASIC",
    "ERROR",
    "ArrayType",
    "BasicType",
    "ChanType",
    "FuncType",
    "GoType",
    "InterfaceType",
    "KnownGoType",
    "MapType",
    "MissingType",
    "NamedType",
    "PointerType",
    "Resolver",
    "Scope",
    "SliceType",
    "StructType",
    "name_of_type",
    "pointed_to",
]

BASIC: Final = frozenset(
    """
    bool int int8 int16 int32 int64 uint uint8 uint16 uint32 uint64 uintptr float32 float64
    complex64 complex128 string
    """.split()
)

_SAME: Final = {"byte": "uint8", "rune": "int32"}


@frozen(eq=False)
class Scope:
    """Place where a type is written: a file of a package, and what type parameters stand for."""

    package: Package
    file: GoFile
    bound: Mapping[str, GoType] = field(factory=dict)


@frozen
class BasicType:
    """A type of the language, by its name."""

    name: str

    def __str__(self) -> str:
        return self.name


@frozen
class KnownGoType:
    """A type that Python has a counterpart of."""

    known: KnownType

    def __str__(self) -> str:
        return self.known.name


@frozen
class NamedType:
    """A declared type, generic ones with what their parameters stand for."""

    package: Package
    declared: TypeDecl
    file: GoFile
    arguments: tuple[GoType, ...] = ()

    @property
    def name(self) -> str:
        """Name without the package."""
        return self.declared.name

    @property
    def full_name(self) -> str:
        """Name with the package's, as Go prints it."""
        return f"{self.package.name}.{self.name}"

    @property
    def scope(self) -> Scope:
        """Scope in which the declaration stands."""
        bound = dict(zip(self.declared.parameters, self.arguments, strict=False))
        return Scope(self.package, self.file, bound)

    def __str__(self) -> str:
        return self.full_name


@frozen
class PointerType:
    """``*T``."""

    element: GoType

    def __str__(self) -> str:
        return f"*{self.element}"


@frozen
class SliceType:
    """``[]T``."""

    element: GoType

    def __str__(self) -> str:
        return f"[]{self.element}"


@frozen
class ArrayType:
    """``[N]T``; the length is an expression, to be evaluated in its scope."""

    length: Expr
    element: GoType
    scope: Scope

    def __str__(self) -> str:
        return f"[...]{self.element}"


@frozen
class MapType:
    """``map[K]V``."""

    key: GoType
    value: GoType

    def __str__(self) -> str:
        return f"map[{self.key}]{self.value}"


@frozen
class StructType:
    """A struct, whose fields are resolved in its scope."""

    expression: StructExpr
    scope: Scope

    def __str__(self) -> str:
        return "struct{...}"


@frozen
class InterfaceType:
    """An interface."""

    expression: InterfaceExpr
    scope: Scope | None = None

    def __str__(self) -> str:
        return "interface{...}"


@frozen
class FuncType:
    """A function."""

    def __str__(self) -> str:
        return "func"


@frozen
class ChanType:
    """A channel."""

    element: GoType

    def __str__(self) -> str:
        return "chan"


@frozen
class MissingType:
    """A type whose declaration is not there, and why."""

    name: str
    reason: str

    def __str__(self) -> str:
        return self.name


GoType: TypeAlias = (
    BasicType
    | KnownGoType
    | NamedType
    | PointerType
    | SliceType
    | ArrayType
    | MapType
    | StructType
    | InterfaceType
    | FuncType
    | ChanType
    | MissingType
)


def pointed_to(of: GoType) -> GoType:
    """Return what pointers lead to, a type that is none as it is."""
    while isinstance(of, PointerType):
        of = of.element
    return of


ERROR: Final = InterfaceType(
    InterfaceExpr(
        (Function("Error", (), (), "", Place("<builtin>", 1)),),
    )
)
"""Go's ``error``."""

# Maximum number of types that stand for each other, or hold each other, without one of their own.
_MAX_DEPTH: Final = 100


class Resolver:
    """Says what types are, across files and packages."""

    def __init__(self, packages: Packages) -> None:
        self.packages = packages

    def package_of(self, name: str, scope: Scope) -> tuple[Package | None, str]:
        """Return the package that a name of an import stands for, and its path.

        Args:
            name: Name in the file.
            scope: Scope with the file.

        Returns:
            The package, None if it is not there; the path is empty if nothing is imported so.
        """
        for each in scope.file.imports:
            if each.name == name:
                return self.packages.imported(each.path, scope.package), each.path
        plain = [each for each in scope.file.imports if not each.name]
        likely = [each for each in plain if _default_name(each.path) == name]
        for each in likely:
            return self.packages.imported(each.path, scope.package), each.path
        for each in plain:  # a package may be called otherwise than its folder
            package = self.packages.imported(each.path, scope.package)
            if package is not None and package.name == name:
                return package, each.path
        # One that is not there: the import whose path has the name in it.
        for each in plain:
            if name in each.path.rpartition("/")[2]:
                return None, each.path
        return None, ""

    def resolve(self, expression: TypeExpr, scope: Scope, depth: int = 0) -> GoType:
        """Return the type that an expression stands for; aliases are followed.

        Args:
            expression: The type as it is written.
            scope: Where it is written.
            depth: Number of types that this is inside of.
        """
        if depth > _MAX_DEPTH:
            return MissingType(str(expression), "it holds itself without end")
        deeper = depth + 1
        match expression:
            case TypeName():
                return self._named(expression, scope, deeper)
            case PointerExpr():
                return PointerType(self.resolve(expression.element, scope, deeper))
            case SliceExpr():
                return SliceType(self.resolve(expression.element, scope, deeper))
            case ArrayExpr():
                element = self.resolve(expression.element, scope, deeper)
                return ArrayType(expression.length, element, scope)
            case MapExpr():
                key = self.resolve(expression.key, scope, deeper)
                return MapType(key, self.resolve(expression.value, scope, deeper))
            case StructExpr():
                return StructType(expression, scope)
            case InterfaceExpr():
                return InterfaceType(expression, scope)
            case FuncExpr():
                return FuncType()
            case ChanExpr():
                return ChanType(self.resolve(expression.element, scope, deeper))

    def underlying(self, of: GoType) -> GoType:
        """Return what a named type is made of, any other type as it is.

        Args:
            of: A type.
        """
        for _ in range(_MAX_DEPTH):
            if not isinstance(of, NamedType):
                return of
            of = self.resolve(of.declared.type, of.scope)
        return MissingType(str(of), "it holds itself without end")

    def _named(self, expression: TypeName, scope: Scope, depth: int) -> GoType:
        name = expression.name
        if expression.package:
            package, path = self.package_of(expression.package, scope)
            if (path, name) in KNOWN:
                return KnownGoType(KNOWN[path, name])
            if package is None:
                return MissingType(str(expression), _why_missing(expression.package, path))
            return self._declared(package, expression, scope, depth)
        if name in scope.bound:
            return scope.bound[name]
        if (scope.package.path, name) in KNOWN:
            return KnownGoType(KNOWN[scope.package.path, name])
        if name in scope.package.types:
            return self._declared(scope.package, expression, scope, depth)
        return _builtin(name) or self._from_dot_import(expression, scope, depth)

    def _declared(self, package: Package, expression: TypeName, scope: Scope, depth: int) -> GoType:
        if expression.name not in package.types:
            return MissingType(str(expression), f"package {package.path} does not declare it")
        declared, file = package.types[expression.name]
        arguments = tuple(self.resolve(each, scope, depth) for each in expression.arguments)
        if not declared.alias:
            return NamedType(package, declared, file, arguments)
        bound = dict(zip(declared.parameters, arguments, strict=False))
        return self.resolve(declared.type, Scope(package, file, bound), depth)

    def _from_dot_import(self, expression: TypeName, scope: Scope, depth: int) -> GoType:
        for package in self.dot_imports(scope):
            if expression.name in package.types:
                return self._declared(package, expression, scope, depth)
        return MissingType(expression.name, f"package {scope.package.path} does not declare it")

    def dot_imports(self, scope: Scope) -> Iterator[Package]:
        """Yield the packages whose names a file uses as its own.

        Args:
            scope: Scope with the file.
        """
        for each in scope.file.imports:
            package = self.packages.imported(each.path, scope.package) if each.name == "." else None
            if package is not None:
                yield package


def _default_name(path: str) -> str:
    """Return what the package of a path is most likely called."""
    parts = [part for part in path.split("/") if part]
    if len(parts) > 1 and parts[-1][:1] == "v" and parts[-1][1:].isdecimal():
        parts.pop()
    return parts[-1].partition(".v")[0] if parts else ""


def _builtin(name: str) -> GoType | None:
    name = _SAME.get(name, name)
    if name in BASIC:
        return BasicType(name)
    if name == "error":
        return ERROR
    return InterfaceType(InterfaceExpr()) if name in ("any", "comparable") else None


def _why_missing(name: str, path: str) -> str:
    if not path:
        return f"nothing is imported as {name}"
    return f"package {path} is not here"


def name_of_type(expression: Expr | TypeExpr) -> TypeExpr | None:
    """Return an expression as the type that it may name, None if it can be none.

    Args:
        expression: An expression, such as the function of a conversion.
    """
    if isinstance(expression, TypeExpr):
        return expression
    match expression:
        case NameExpr(name=name):
            return TypeName(name)
        case SelectorExpr(operand=NameExpr(name=package), name=name):
            return TypeName(name, package)
    return None
