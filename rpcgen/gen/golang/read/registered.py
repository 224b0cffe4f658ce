"""Types that travel in interface values: those that a program hands to ``gob.Register``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from .constants import Constants
from .packages import Package
from .syntax import CallExpr, Function, NameExpr, SelectorExpr
from .types import GoType, NamedType, PointerType, Resolver, Scope
from .variables import Here, Variables

__all__ = ["registered_types"]

_GOB: Final = "encoding/gob"


def registered_types(
    packages: Iterable[Package], resolver: Resolver, constants: Constants, variables: Variables
) -> dict[NamedType, str]:
    """Return the named types that are registered, each with its name in interface values.

    Args:
        packages: The packages that are looked at.
        resolver: Resolver of types.
        constants: Values of constants.
        variables: Types of variables.
    """
    found: dict[NamedType, str] = {}
    for package in packages:
        for file in package.files:
            if not any(each.path == _GOB for each in file.imports):
                continue
            for function in file.functions:
                scope = Scope(package, file)
                for type_, name in _in_function(function, scope, resolver, constants, variables):
                    named = type_.element if isinstance(type_, PointerType) else type_
                    if isinstance(named, NamedType):
                        found.setdefault(named, name or _default_name(type_, named))
    return found


def _in_function(
    function: Function,
    scope: Scope,
    resolver: Resolver,
    constants: Constants,
    variables: Variables,
) -> Iterator[tuple[GoType, str]]:
    for call in function.body().calls:
        called = call.function
        if not isinstance(called, SelectorExpr) or not isinstance(called.operand, NameExpr):
            continue
        if resolver.package_of(called.operand.name, scope)[1] != _GOB:
            continue
        value, name = _arguments(call, called.name, scope, constants)
        here = Here(scope, function, call.place.line)
        type_ = variables.type_of(call.arguments[value], here) if value >= 0 else None
        if type_ is not None:
            yield type_, name


def _arguments(
    call: CallExpr, function: str, scope: Scope, constants: Constants
) -> tuple[int, str]:
    """Return which argument is the value, -1 for none, and the name that is given."""
    if function == "Register" and len(call.arguments) == 1:
        return 0, ""
    if function == "RegisterName" and len(call.arguments) == 2:
        constant = constants.value(call.arguments[0], scope)
        if constant is not None and isinstance(constant.value, str):
            return 1, constant.value
    return -1, ""


def _default_name(registered: GoType, named: NamedType) -> str:
    """Return the name that Go gives: with the whole path, but for a pointer, with the package's."""
    if isinstance(registered, PointerType):
        return f"*{named.full_name}"
    if named.package.name == "main":
        return f"main.{named.name}"
    return f"{named.package.path}.{named.name}"
