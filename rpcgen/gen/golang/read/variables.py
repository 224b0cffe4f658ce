"""Types of variables and other expressions, as far as they are plain."""

from __future__ import annotations

from attrs import frozen

from .methods import Methods
from .packages import Package
from .syntax import (
    Binding,
    CallExpr,
    CompositeExpr,
    Expr,
    Function,
    NameExpr,
    SelectorExpr,
    TypeExpr,
    TypeName,
    UnaryExpr,
)
from .types import (
    ChanType,
    GoType,
    MissingType,
    NamedType,
    PointerType,
    Resolver,
    Scope,
    StructType,
    name_of_type,
)

__all__ = ["Here", "Variables"]

_MAX_DEPTH = 50


@frozen
class Here:
    """A place in a function, or at the top of a file: what names are known, up to a line."""

    scope: Scope
    function: Function | None = None
    line: int = 0


class Variables:
    """Says of what type an expression is, None where that takes more than looking."""

    def __init__(self, resolver: Resolver, methods: Methods) -> None:
        self._resolver = resolver
        self._methods = methods

    def type_of(
        self, expression: Expr | TypeExpr, here: Here, index: int = 0, depth: int = 0
    ) -> GoType | None:
        """Return the type of an expression.

        Args:
            expression: The expression.
            here: Where it stands.
            index: Which of its results is asked for.
            depth: Number of expressions that this is inside of.
        """
        if depth > _MAX_DEPTH:
            return None
        match expression:
            case CompositeExpr():
                return self._resolver.resolve(expression.type, here.scope)
            case UnaryExpr(operator="&"):
                inner = self.type_of(expression.operand, here, 0, depth + 1)
                return PointerType(inner) if inner is not None else None
            case UnaryExpr(operator="*"):
                inner = self.type_of(expression.operand, here, 0, depth + 1)
                return inner.element if isinstance(inner, PointerType) else None
            case UnaryExpr(operator="<-"):
                inner = self.type_of(expression.operand, here, 0, depth + 1)
                return inner.element if isinstance(inner, ChanType) else None
            case CallExpr():
                return self._of_call(expression, here, index, depth + 1)
            case NameExpr():
                return self._of_name(expression.name, here, depth + 1)
            case SelectorExpr():
                return self._of_selector(expression, here, depth + 1)
        return None

    def _of_name(self, name: str, here: Here, depth: int) -> GoType | None:
        function = here.function
        if function is not None:
            known = [each for each in function.body().bindings if each.name == name]
            before = [each for each in known if each.line <= here.line]
            if before:
                return self._of_binding(before[-1], here, depth)
            for each in (*function.parameters, *function.results):
                if each.name == name:
                    return self._resolver.resolve(each.type, here.scope)
            if name == function.receiver_name:
                return self._resolver.resolve(TypeName(function.receiver), here.scope)
        return self._of_variable(here.scope.package, name, depth)

    def _of_variable(self, package: Package, name: str, depth: int) -> GoType | None:
        if name not in package.variables:
            return None
        binding, file = package.variables[name]
        return self._of_binding(binding, Here(Scope(package, file)), depth)

    def _of_binding(self, binding: Binding, here: Here, depth: int) -> GoType | None:
        if binding.type is not None:
            return self._resolver.resolve(binding.type, here.scope)
        if binding.value is None:
            return None
        # The parts of the value were known on the line above, or it is of its own making.
        before = Here(here.scope, here.function, binding.line - 1)
        return self.type_of(binding.value, before, binding.index, depth)

    def _of_selector(self, expression: SelectorExpr, here: Here, depth: int) -> GoType | None:
        if isinstance(expression.operand, NameExpr):
            package, _ = self._resolver.package_of(expression.operand.name, here.scope)
            if package is not None:
                return self._of_variable(package, expression.name, depth)
        operand = self.type_of(expression.operand, here, 0, depth)
        return self._field(operand, expression.name, depth) if operand is not None else None

    def _field(self, of: GoType, name: str, depth: int) -> GoType | None:
        if isinstance(of, PointerType):
            of = of.element
        under = self._resolver.underlying(of)
        if not isinstance(under, StructType) or depth > _MAX_DEPTH:
            return None
        for field in under.expression.fields:
            if field.name == name:
                return self._resolver.resolve(field.type, under.scope)
        for field in under.expression.fields:
            if field.embedded:
                held = self._resolver.resolve(field.type, under.scope)
                found = self._field(held, name, depth + 1)
                if found is not None:
                    return found
        return None

    def _of_call(self, call: CallExpr, here: Here, index: int, depth: int) -> GoType | None:
        called = call.function
        if called == NameExpr("new") and len(call.arguments) == 1:
            made = self._of_type(call.arguments[0], here)
            return PointerType(made) if made is not None else None
        if called == NameExpr("make") and call.arguments:
            return self._of_type(call.arguments[0], here)
        if not isinstance(called, NameExpr | SelectorExpr):
            to = name_of_type(called)
            return self._resolver.resolve(to, here.scope) if to is not None else None
        found = self._function(called, here, depth)
        if found is not None:
            function, scope = found
            if index >= len(function.results):
                return None
            return self._resolver.resolve(function.results[index].type, scope)
        as_type = name_of_type(called)
        conversion = self._resolver.resolve(as_type, here.scope) if as_type is not None else None
        return None if isinstance(conversion, MissingType) else conversion

    def _of_type(self, argument: Expr | TypeExpr, here: Here) -> GoType | None:
        as_type = name_of_type(argument)
        return self._resolver.resolve(as_type, here.scope) if as_type is not None else None

    def _function(
        self, called: NameExpr | SelectorExpr, here: Here, depth: int
    ) -> tuple[Function, Scope] | None:
        package = here.scope.package
        if isinstance(called, NameExpr):
            return _function_of(package, called.name)
        if isinstance(called.operand, NameExpr):
            imported, _ = self._resolver.package_of(called.operand.name, here.scope)
            if imported is not None:
                return _function_of(imported, called.name)
        operand = self.type_of(called.operand, here, 0, depth)
        if isinstance(operand, PointerType):
            operand = operand.element
        if not isinstance(operand, NamedType):
            return None
        method = self._methods.of(operand).get(called.name)
        return (method.function, method.scope) if method is not None else None


def _function_of(package: Package, name: str) -> tuple[Function, Scope] | None:
    if name not in package.functions:
        return None
    function, file = package.functions[name]
    return function, Scope(package, file)
