"""Types that travel in interface values: those that a program hands to ``gob.Register``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from attrs import field, frozen

from .constants import Constants
from .packages import Package
from .syntax import CallExpr, Function, NameExpr, Place, SelectorExpr
from .types import GoType, InterfaceType, MissingType, NamedType, PointerType, Resolver, Scope
from .variables import Here, Variables

__all__ = ["Registered", "registered_types"]

_GOB: Final = "encoding/gob"

# Number of parameters of the functions that register, of which the last is the value.
_PARAMETERS: Final = {"Register": 1, "RegisterName": 2}


@frozen
class Registered:
    """Types that travel in interface values.

    Attributes:
        names: Named types, each with its name in interface values.
        unplain: Places of registrations whose type takes more than looking.
    """

    names: dict[NamedType, str] = field(factory=dict)
    unplain: list[Place] = field(factory=list)


def registered_types(
    packages: Iterable[Package], resolver: Resolver, constants: Constants, variables: Variables
) -> Registered:
    """Return the named types that are registered.

    Args:
        packages: The packages that are looked at.
        resolver: Resolver of types.
        constants: Values of constants.
        variables: Types of variables.
    """
    found = Registered()
    for package in packages:
        for file in package.files:
            if not any(each.path == _GOB for each in file.imports):
                continue
            for function in file.functions:
                scope = Scope(package, file)
                for each in _in_function(function, scope, resolver, constants, variables):
                    if isinstance(each, Place):
                        found.unplain.append(each)
                        continue
                    type_, name = each
                    named = type_.element if isinstance(type_, PointerType) else type_
                    if isinstance(named, NamedType):
                        found.names.setdefault(named, name or _default_name(type_, named))
    return found


def _in_function(
    function: Function,
    scope: Scope,
    resolver: Resolver,
    constants: Constants,
    variables: Variables,
) -> Iterator[tuple[GoType, str] | Place]:
    for call in function.body().calls:
        called = call.function
        if not isinstance(called, SelectorExpr) or not isinstance(called.operand, NameExpr):
            continue
        if resolver.package_of(called.operand.name, scope)[1] != _GOB:
            continue
        if _PARAMETERS.get(called.name) != len(call.arguments):
            continue
        name = _name(call, scope, constants)
        type_ = variables.type_of(call.arguments[-1], Here(scope, function, call.place.line))
        if name is None or _is_unknown(type_, resolver):
            yield call.place
        elif type_ is not None:
            yield type_, name


def _name(call: CallExpr, scope: Scope, constants: Constants) -> str | None:
    """Return the name that is given, empty for that of the type, None for one that is computed."""
    if len(call.arguments) == 1:
        return ""
    constant = constants.value(call.arguments[0], scope)
    return constant.value if constant is not None and isinstance(constant.value, str) else None


def _is_unknown(type_: GoType | None, resolver: Resolver) -> bool:
    """Return True unless a type is that of a value; one that is read from elsewhere has a name."""
    if type_ is None or isinstance(type_, MissingType):
        return True
    return isinstance(resolver.underlying(type_), InterfaceType)


def _default_name(registered: GoType, named: NamedType) -> str:
    """Return the name that Go gives: with the whole path, but for a pointer, with the package's."""
    if isinstance(registered, PointerType):
        return f"*{named.full_name}"
    if named.package.name == "main":
        return f"main.{named.name}"
    return f"{named.package.path}.{named.name}"
