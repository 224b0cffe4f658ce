"""Replies that go to a callback: their types are in the body of the method, or said by a person."""

from __future__ import annotations

from .describe_types import InexpressibleError
from .methods import RpcMethod
from .parse import parse_go
from .syntax import NameExpr, SelectorExpr
from .types import GoType, MissingType, PointerType, Resolver
from .variables import Here, Variables

__all__ = ["Callbacks"]


class Callbacks:
    """Resolves the types of replies that no signature says."""

    def __init__(self, resolver: Resolver, variables: Variables) -> None:
        self._resolver = resolver
        self._variables = variables

    def resolve(self, written: str, method: RpcMethod) -> GoType:
        """Return the type that a person has said.

        Args:
            written: The type as Go spells it, in the file of the method.
            method: The method.

        Raises:
            InexpressibleError: There is no such type.
        """
        file = parse_go("--reply", f"package reply\ntype Reply {written}\n".encode())
        if not file.types or file.problems:
            raise InexpressibleError(f"{written} is no type of Go")
        found = self._resolver.resolve(file.types[0].type, method.method.scope)
        if isinstance(found, MissingType):
            raise InexpressibleError(f"{written} is not known: {found.reason}")
        return found.element if isinstance(found, PointerType) else found

    def guess(self, method: RpcMethod) -> str:
        """Return the type of what a method hands to its callback, empty if that is not plain.

        Args:
            method: The method.
        """
        function, scope = method.method.function, method.method.scope
        callback = function.parameters[-1].name
        for call in function.body().calls:
            called = call.function
            if isinstance(called, SelectorExpr) and called.operand == NameExpr(callback):
                called = called.operand
            if called != NameExpr(callback) or not call.arguments:
                continue
            found = self._variables.type_of(
                call.arguments[0], Here(scope, function, call.place.line)
            )
            if isinstance(found, PointerType):
                found = found.element
            if found is not None and not isinstance(found, MissingType):
                own = f"{scope.package.name}."
                return str(found).removeprefix(own)
        return ""
