"""Constants of Go: their values and types, with ``iota``."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Final

from attrs import frozen

from .packages import Package
from .syntax import (
    BinaryExpr,
    CallExpr,
    ConstSpec,
    Expr,
    GoFile,
    LiteralExpr,
    NameExpr,
    SelectorExpr,
    TypeExpr,
    UnaryExpr,
)
from .types import BasicType, GoType, NamedType, Resolver, Scope, name_of_type

__all__ = ["Constant", "Constants"]


@frozen
class Constant:
    """The value of a constant; the type is None where it has none of its own."""

    value: bool | int | float | str
    type: GoType | None = None


_ARITHMETIC: Final[dict[str, Callable[[int, int], int]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "|": operator.or_,
    "&": operator.and_,
    "^": operator.xor,
    "&^": lambda left, right: left & ~right,
}

# Maximum number of bits of a shift; more would be no value that travels.
_MAX_SHIFT: Final = 200

_MAX_DEPTH: Final = 100


class Constants:
    """Evaluates constants, each once."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._known: dict[tuple[Package, str], Constant | None] = {}
        self._by_type: dict[Package, dict[GoType, list[tuple[ConstSpec, Constant]]]] = {}

    def of_type(self, named: NamedType) -> list[tuple[ConstSpec, Constant]]:
        """Return the constants of a type that its own package declares, in order.

        Args:
            named: The type.
        """
        package = named.package
        if package not in self._by_type:
            found: dict[GoType, list[tuple[ConstSpec, Constant]]] = {}
            for name, (spec, _) in package.constants.items():
                constant = self.named(package, name)
                if constant is not None and isinstance(constant.type, NamedType) and name != "_":
                    found.setdefault(constant.type, []).append((spec, constant))
            self._by_type[package] = found
        return self._by_type[package].get(named, [])

    def named(self, package: Package, name: str) -> Constant | None:
        """Return a constant of a package, None if it has none of that name or value.

        Args:
            package: The package.
            name: Name of the constant.
        """
        key = package, name
        if key not in self._known:
            self._known[key] = None  # one that is made of itself has no value
            if name in package.constants:
                self._known[key] = self._declared(*package.constants[name], package)
        return self._known[key]

    def _declared(self, spec: ConstSpec, file: GoFile, package: Package) -> Constant | None:
        if spec.value is None:
            return None
        scope = Scope(package, file)
        found = self.value(spec.value, scope, spec.iota)
        if found is None or spec.type is None:
            return found
        return Constant(found.value, self._resolver.resolve(spec.type, scope))

    def value(
        self, expression: Expr | TypeExpr, scope: Scope, iota: int = 0, depth: int = 0
    ) -> Constant | None:
        """Return the value of an expression, None if it is no constant.

        Args:
            expression: The expression.
            scope: Where it is written.
            iota: Value of ``iota``.
            depth: Number of expressions that this is inside of.
        """
        if depth > _MAX_DEPTH:
            return None
        match expression:
            case LiteralExpr():
                return Constant(expression.value)
            case NameExpr():
                return self._name(expression.name, scope, iota)
            case SelectorExpr(operand=NameExpr(name=of), name=name):
                package, _ = self._resolver.package_of(of, scope)
                return self.named(package, name) if package is not None else None
            case UnaryExpr():
                operand = self.value(expression.operand, scope, iota, depth + 1)
                return _unary(expression.operator, operand)
            case BinaryExpr():
                left = self.value(expression.left, scope, iota, depth + 1)
                right = self.value(expression.right, scope, iota, depth + 1)
                return _binary(expression.operator, left, right)
            case CallExpr():
                return self._conversion(expression, scope, iota, depth)
        return None

    def _name(self, name: str, scope: Scope, iota: int) -> Constant | None:
        if name in scope.package.constants:
            return self.named(scope.package, name)
        if name in ("true", "false"):
            return Constant(name == "true")
        if name == "iota":
            return Constant(iota)
        for package in self._resolver.dot_imports(scope):
            if name in package.constants:
                return self.named(package, name)
        return None

    def _conversion(self, call: CallExpr, scope: Scope, iota: int, depth: int) -> Constant | None:
        if len(call.arguments) != 1:
            return None
        value = self.value(call.arguments[0], scope, iota, depth + 1)
        if value is None:
            return None
        if call.function == NameExpr("len") and isinstance(value.value, str):
            return Constant(len(value.value.encode()), BasicType("int"))
        to = name_of_type(call.function)
        type_ = self._resolver.resolve(to, scope) if to is not None else None
        if not isinstance(type_, BasicType | NamedType):
            return None
        return Constant(_converted(value.value, self._resolver.underlying(type_)), type_)


def _converted(value: bool | int | float | str, to: GoType) -> bool | int | float | str:
    if not isinstance(to, BasicType) or isinstance(value, bool | str):
        return value
    if to.name.startswith(("float", "complex")):
        return float(value)
    if to.name == "string":
        return chr(int(value)) if 0 <= value < 0x110000 else "�"
    return int(value)


def _unary(operator_: str, operand: Constant | None) -> Constant | None:
    if operand is None:
        return None
    value = operand.value
    match operator_, value:
        case "-", int() | float():
            return Constant(-value, operand.type)
        case "+", int() | float():
            return operand
        case "^", int():
            return Constant(_complement(value, operand.type), operand.type)
        case "!", bool():
            return Constant(not value, operand.type)
    return None


def _complement(value: int, of: GoType | None) -> int:
    if isinstance(of, BasicType) and of.name.startswith("uint"):
        bits = int(of.name[4:] or 64)
        return value ^ ((1 << bits) - 1)
    return ~value


def _binary(operator_: str, left: Constant | None, right: Constant | None) -> Constant | None:
    if left is None or right is None:
        return None
    type_ = left.type or right.type
    first, second = left.value, right.value
    if isinstance(first, str) and isinstance(second, str) and operator_ == "+":
        return Constant(first + second, type_)
    if isinstance(first, str) or isinstance(second, str):
        return None
    if operator_ in ("<<", ">>"):
        return _shifted(operator_, int(first), int(second), left.type)
    if isinstance(first, float) or isinstance(second, float):
        return _of_floats(operator_, float(first), float(second), type_)
    if operator_ in _ARITHMETIC:
        return Constant(_ARITHMETIC[operator_](int(first), int(second)), type_)
    if operator_ in ("/", "%") and second:
        quotient = abs(first) // abs(second) * (1 if (first < 0) == (second < 0) else -1)
        return Constant(quotient if operator_ == "/" else first - quotient * second, type_)
    return None


def _shifted(operator_: str, value: int, bits: int, type_: GoType | None) -> Constant | None:
    if not 0 <= bits <= _MAX_SHIFT:
        return None
    return Constant(value << bits if operator_ == "<<" else value >> bits, type_)


def _of_floats(
    operator_: str, first: float, second: float, type_: GoType | None
) -> Constant | None:
    if operator_ == "/":
        return Constant(first / second, type_) if second else None
    if operator_ in ("+", "-", "*"):
        made: dict[str, Callable[[float, float], float]] = {
            "+": operator.add,
            "-": operator.sub,
            "*": operator.mul,
        }
        return Constant(made[operator_](first, second), type_)
    return None
