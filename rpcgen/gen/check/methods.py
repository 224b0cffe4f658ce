"""Diagnostics of the methods of a service: how they are defined, what they take and give."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..._names import go_name, is_exported
from ...errors import SchemaError
from ...schema import schema_of, wire_name_in
from ...stubs import AbstractService, AsyncClientStub, ClientStub
from ..defaults import unportable
from ..diagnostics import Diagnostic
from ..model import Method, Parameter
from ..source import Source, dotted_name
from .messages import MessageChecker, twice

__all__ = ["check_method", "decorator_name"]


def check_method(method: Method, types: MessageChecker) -> Iterator[Diagnostic]:
    """Yield the diagnostics of a method and of the types that it takes and gives."""
    yield from _definition(method)
    if _decorations(method) & _DECORATED.keys():
        return  # what it takes and gives is not a method's
    yield from _raises(method, types)
    if method.durable:
        yield from _durable(method)
    alone = not method.takes_struct
    for parameter in method.parameters:
        yield from _default(parameter)
        if parameter.annotation is None:
            yield Diagnostic(
                parameter.location,
                f"parameter {parameter.name!r} has no annotation",
                f"say what it takes, such as {parameter.name}: int",
            )
        else:
            yield from types.check_type(parameter.annotation, alone)
    if method.takes_struct:
        yield from _parameter_names(method)
    if method.returns is None:
        yield Diagnostic(
            method.location,
            f"method {method.name!r} does not say what it returns",
            "write -> None if it returns nothing",
        )
    else:
        yield from types.check_type(method.returns, True)


def _raises(method: Method, types: MessageChecker) -> Iterator[Diagnostic]:
    """Yield the diagnostics of the exceptions that a method declares."""
    names: dict[str, str] = {}
    for raised in method.raises:
        cls = raised.error
        try:
            schema = schema_of(cls)
        except SchemaError as error:
            yield Diagnostic(method.location, error.reason, error.hint)
            continue
        yield from types.check_message(schema, method.location)
        if problem := raised.problem():
            yield Diagnostic(
                method.location,
                f"method {method.name!r} declares {cls.__name__}: {problem}",
                'name each field that has no default in braces, as in text="no such key: {key}"',
            )
        other = names.setdefault(schema.go, cls.__name__)
        if other != cls.__name__:
            yield Diagnostic(
                method.location,
                f"exceptions {other!r} and {cls.__name__!r} are both {schema.go!r} on the wire",
                'name one of them otherwise with the decorator @wire("package.Name")',
            )


def _durable(method: Method) -> Iterator[Diagnostic]:
    """Yield the diagnostics of a method whose calls a queue keeps: each of them has a key."""
    for parameter in method.parameters:
        if parameter.name == "key":
            yield Diagnostic(
                parameter.location,
                f"method {method.name!r} is @durable, and its parameter 'key' leaves no room for"
                " the key of the call",
                'rename it; Annotated[..., wire("Key")] keeps the name that Go knows',
            )


def _definition(method: Method) -> Iterator[Diagnostic]:
    """Yield the diagnostics of how a method is defined, apart from its types."""
    node, source = method.node, method.source
    if isinstance(node, ast.AsyncFunctionDef):
        yield Diagnostic(
            method.location,
            f"method {method.name!r} is an async def",
            "write def: the generated code has an async def beside each method",
        )
    for decorator in node.decorator_list:
        name = decorator_name(decorator, source)
        if name not in _KNOWN:
            yield Diagnostic(source.location(decorator), *_DECORATED.get(name, _decorated(name)))
    if _decorations(method) & _DECORATED.keys():
        return
    if not node.args.posonlyargs and not node.args.args:
        yield Diagnostic(
            method.location, f"method {method.name!r} has no self", "write def f(self, ...)"
        )
    for star, each in (("*", node.args.vararg), ("**", node.args.kwarg)):
        if each is not None:
            yield Diagnostic(
                source.location(each),
                f"method {method.name!r} takes {star}{each.arg}, which Go has no counterpart for",
                "name each parameter, or take one list[T] or dict[str, T]",
            )
    if getattr(node, "type_params", []):
        yield Diagnostic(
            method.location,
            f"method {method.name!r} is generic",
            "a method has the same types for all its callers: write them out",
        )
    if method.name in _OF_STUBS:
        yield Diagnostic(
            method.location,
            f"method {method.name!r} would replace what generated clients have by that name",
            "give it a plain name, without underscores at its beginning",
        )
    elif not is_exported(method.wire_name):
        yield Diagnostic(
            method.location,
            f"method {method.name!r} is {method.wire_name!r} on the wire, "
            "which Go would not export",
            'give it a name with a capital: the decorator @wire("Name")',
        )


# Names in the bases of generated classes, all of which begin with an underscore.
_OF_STUBS = frozenset(["_client", *dir(AbstractService), *dir(ClientStub), *dir(AsyncClientStub)])

_KNOWN = frozenset(
    "wire abstractmethod struct_args deprecated raises timeout idempotent durable".split()
)

_DECORATED = {
    "property": (
        "a property in a service: only methods can be called from afar",
        "drop @property",
    ),
    "staticmethod": ("a static method in a service", "drop @staticmethod and take self"),
    "classmethod": ("a class method in a service", "drop @classmethod and take self"),
    "overload": (
        "an overloaded method in a service",
        "Go has one method for each name: write one definition, or several names",
    ),
}


def _decorations(method: Method) -> set[str]:
    return {decorator_name(each, method.source) for each in method.node.decorator_list}


def _decorated(name: str) -> tuple[str, str]:
    reason = f"a method of a service cannot be decorated with @{name}"
    known = (
        '@wire("Name"), @struct_args, @raises(Error), @timeout(seconds), @idempotent, @durable, '
        '@deprecated("why") and @abstractmethod'
    )
    return reason, f"only {known} mean something here"


def _parameter_names(method: Method) -> Iterator[Diagnostic]:
    """Yield the diagnostics of the names that parameters have as fields of a struct."""
    first: dict[str, Parameter] = {}
    for parameter in method.parameters:
        name = _wire_name_of_parameter(parameter)
        other = first.setdefault(name, parameter)
        if other is not parameter:
            yield twice("parameter", parameter.name, other.name, name, parameter.location)
        if parameter.name.startswith("_") or not is_exported(name):
            yield Diagnostic(
                parameter.location,
                f"parameter {parameter.name!r} is {name!r} on the wire, which Go would not export",
                'begin it with a letter; Annotated[..., wire("Name")] names it otherwise for Go',
            )


def _wire_name_of_parameter(parameter: Parameter) -> str:
    """Return the name of the field that a parameter travels as."""
    try:
        annotation = parameter.annotation.value() if parameter.annotation else None
    except SchemaError:  # reported where the type is
        annotation = None
    named = wire_name_in(annotation)
    return go_name(parameter.name) if named is None else named


def _default(parameter: Parameter) -> Iterator[Diagnostic]:
    if parameter.default is None:
        return
    reason, hint = unportable(parameter)
    if reason:
        name = parameter.name
        yield Diagnostic(parameter.default.location, f"the default of {name!r} {reason}", hint)


def decorator_name(node: ast.expr, source: Source) -> str:
    """Return the name of a decorator where it is defined: ``overload`` of ``@typing.overload``."""
    if isinstance(node, ast.Call):
        node = node.func
    dotted = dotted_name(node)
    return source.symbol(dotted).name.rpartition(".")[2] if dotted else ""
