"""Transports: how a program serves, as far as a caller must know it."""

from __future__ import annotations

from collections.abc import Iterable

from .constants import Constants
from .packages import Package
from .syntax import CallExpr, NameExpr, SelectorExpr
from .types import Resolver, Scope

__all__ = ["transports"]

_JSON = "net/rpc/jsonrpc"
_WORDS = ("HandleHTTP", "jsonrpc")


def transports(packages: Iterable[Package], resolver: Resolver, constants: Constants) -> list[str]:
    """Return sentences for the docstring of an IDL: HTTP with its path, JSON.

    Args:
        packages: The packages that are looked at.
        resolver: Resolver of types.
        constants: Values of constants.
    """
    found: dict[str, None] = {}
    for package in packages:
        for file in package.files:
            if not any(file.mentions(word) for word in _WORDS):
                continue
            scope = Scope(package, file)
            for function in file.functions:
                for call in function.body().calls:
                    found.update(dict.fromkeys(_said(call, scope, resolver, constants)))
    return list(found)


def _said(call: CallExpr, scope: Scope, resolver: Resolver, constants: Constants) -> list[str]:
    called = call.function
    if not isinstance(called, SelectorExpr):
        return []
    if called.name == "HandleHTTP" and not call.arguments:
        return ['It is served over HTTP: dial("http://host:port").']
    if called.name == "HandleHTTP":
        path = constants.value(call.arguments[0], scope)
        if path is None or not isinstance(path.value, str):
            return ["It is served over HTTP, at a path that is no constant."]
        default = "" if path.value == "/_goRPC_" else path.value
        return [f'It is served over HTTP: dial("http://host:port{default}").']
    if called.name not in ("ServeConn", "NewServerCodec"):
        return []
    if not isinstance(called.operand, NameExpr):
        return []
    _, imported = resolver.package_of(called.operand.name, scope)
    return ['It is served as JSON-RPC: dial(address, codec="json").'] if imported == _JSON else []
