"""Model of an IDL file: its services, their methods, and the types that its output reexports.

The model holds what is written, good or bad; `check` judges it.
"""

from __future__ import annotations

import ast
import enum
import inspect
import typing
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NewType, Protocol

from attrs import frozen

from .._names import go_name
from ..schema import is_generic, is_message
from ..types import takes_struct, wire_name_of
from ..types.calls import Raised, is_durable, is_idempotent, raised_by, timeout_of
from .diagnostics import Location
from .discover import Idl
from .source import Expression, Source, Symbol, dotted_name

__all__ = ["Kind", "Method", "Module", "Parameter", "Service", "read_module"]

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
SourceOf = Callable[[str], Source | None]


class Kind(enum.Enum):
    """Ways in which a parameter may be passed."""

    POSITIONAL = "by position"
    EITHER = "by position or name"
    KEYWORD = "by name"


@frozen(eq=False)
class Parameter:
    """One parameter of a method, after ``self``; ``value`` is what its default was found to be."""

    name: str
    kind: Kind
    annotation: Expression | None
    default: Expression | None
    value: object
    location: Location


@frozen(eq=False)
class Method:
    """One method of a service, as written in ``source``.

    ``takes_struct``: its parameters travel as the fields of a struct.
    ``deprecated`` is the decorator of that name; ``raises``, ``timeout`` in
    seconds, ``idempotent`` and ``durable`` are what those of `rpcgen.types` say.
    """

    name: str
    wire_name: str
    parameters: tuple[Parameter, ...]
    returns: Expression | None
    docstring: str | None
    takes_struct: bool
    deprecated: Expression | None
    raises: tuple[Raised, ...]
    timeout: float | None
    idempotent: bool
    durable: bool
    location: Location
    node: FunctionNode
    source: Source


@frozen(eq=False)
class Service:
    """One ``Protocol`` class with its methods, those of its bases first."""

    name: str
    wire_name: str
    methods: tuple[Method, ...]
    docstring: str | None
    location: Location
    node: ast.ClassDef
    source: Source
    cls: type[Any]
    bases: tuple[tuple[Source, ast.ClassDef], ...]


@frozen(eq=False)
class Module:
    """One IDL file; ``names`` are the types that its generated module reexports, its own first."""

    idl: Idl
    source: Source
    services: tuple[Service, ...]
    names: tuple[Symbol, ...]
    messages: tuple[type[Any], ...]


def read_module(idl: Idl, source: Source, source_of: SourceOf) -> Module:
    """Return the model of one IDL file; ``source_of`` finds the files of base classes."""
    services = tuple(
        _service(cls, node, source, source_of)
        for name, node in source.classes.items()
        if _is_service(cls := vars(source.module).get(name), source)
    )
    return Module(
        idl=idl,
        source=source,
        services=services,
        names=tuple(
            sorted(_reexported(source, services), key=lambda symbol: symbol.module != source.name)
        ),
        messages=tuple(_messages(source)),
    )


def is_protocol(cls: object) -> bool:
    """Return True if ``cls`` is a ``Protocol`` class, and not an implementation of one."""
    return isinstance(cls, type) and bool(getattr(cls, "_is_protocol", False))


def _is_service(cls: object, source: Source) -> typing.TypeGuard[type[Any]]:
    # A name that begins with an underscore is a base for the services beside it.
    return (
        isinstance(cls, type)
        and is_protocol(cls)
        and cls.__module__ == source.name
        and not cls.__name__.startswith("_")
    )


def _service(cls: type[Any], node: ast.ClassDef, source: Source, source_of: SourceOf) -> Service:
    methods: dict[str, Method] = {}
    bases: list[tuple[Source, ast.ClassDef]] = []
    for base in reversed(cls.__mro__):
        if base in (object, Protocol, typing.Generic) or not is_protocol(base):
            continue
        base_source = source_of(base.__module__)
        base_node = base_source.classes.get(base.__qualname__) if base_source else None
        if base_source is None or base_node is None:
            continue
        bases.append((base_source, base_node))
        for function in base_node.body:
            if isinstance(function, FunctionNode):
                forced = takes_struct(cls) or takes_struct(base)
                methods[function.name] = _method(base, function, base_source, forced)
    named = wire_name_of(cls)
    return Service(
        name=cls.__name__,
        wire_name=go_name(cls.__name__) if named is None else named,
        methods=tuple(methods.values()),
        docstring=ast.get_docstring(node),
        location=source.location(node),
        node=node,
        source=source,
        cls=cls,
        bases=tuple(bases),
    )


def _method(cls: type[Any], node: FunctionNode, source: Source, forced: bool) -> Method:
    function = vars(cls).get(node.name)
    named = None
    if inspect.isfunction(function):
        named = wire_name_of(function)
        forced = forced or takes_struct(function)
    parameters = tuple(_parameters(node.args, source, _defaults(function)))[1:]
    return Method(
        name=node.name,
        wire_name=named or go_name(node.name),
        parameters=parameters,
        returns=Expression(source, node.returns) if node.returns else None,
        docstring=ast.get_docstring(node),
        takes_struct=len(parameters) > 1 or (len(parameters) == 1 and forced),
        deprecated=_deprecated(node, source),
        raises=raised_by(function),
        timeout=timeout_of(function),
        idempotent=is_idempotent(function),
        durable=is_durable(function),
        location=source.location(node),
        node=node,
        source=source,
    )


def _deprecated(node: FunctionNode, source: Source) -> Expression | None:
    """Return the decorator ``deprecated`` of ``warnings`` or ``typing_extensions``, if any."""
    for decorator in node.decorator_list:
        dotted = dotted_name(decorator.func) if isinstance(decorator, ast.Call) else None
        if dotted and source.symbol(dotted).name.rpartition(".")[2] == "deprecated":
            return Expression(source, decorator)
    return None


def _defaults(function: object) -> dict[str, object]:
    """Return the defaults of the parameters of a function."""
    if not inspect.isfunction(function):
        return {}
    parameters = inspect.signature(function).parameters.values()
    return {each.name: each.default for each in parameters if each.default is not each.empty}


def _parameters(
    node: ast.arguments, source: Source, defaults: dict[str, object]
) -> Iterator[Parameter]:
    positional = [*node.posonlyargs, *node.args]
    required: list[ast.expr | None] = [None] * (len(positional) - len(node.defaults))
    for position, (each, default) in enumerate(
        zip(positional, [*required, *node.defaults], strict=True)
    ):
        kind = Kind.POSITIONAL if position < len(node.posonlyargs) else Kind.EITHER
        yield _parameter(each, kind, default, source, defaults.get(each.arg))
    for each, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
        yield _parameter(each, Kind.KEYWORD, default, source, defaults.get(each.arg))


def _parameter(
    node: ast.arg, kind: Kind, default: ast.expr | None, source: Source, value: object
) -> Parameter:
    return Parameter(
        name=node.arg,
        kind=kind,
        annotation=Expression(source, node.annotation) if node.annotation else None,
        default=Expression(source, default) if default else None,
        value=value,
        location=source.location(node),
    )


def _reexported(source: Source, services: Iterable[Service]) -> Iterator[Symbol]:
    """Yield the types that a user of the generated module needs, from where they can be imported.

    They are the services, and the public messages, enums and other types that
    the IDL file defines or imports.
    """
    served = {service.cls for service in services}
    for name, value in vars(source.module).items():
        if name.startswith("_"):
            continue
        if isinstance(value, NewType) or (
            isinstance(value, type) and (value in served or _is_wire_type(value))
        ):
            yield source.symbol([name])


# Modules whose classes are no types of an IDL that imports them.
_NO_IDLS = ("enum", "rpcgen.code", "rpcgen.errors", "rpcgen.types")


def _is_wire_type(cls: type[Any]) -> bool:
    if cls.__module__.startswith(_NO_IDLS):
        return False
    return (
        is_message(cls)
        or (issubclass(cls, enum.Enum) and issubclass(cls, int | str))
        or hasattr(cls, "gob_decode")
        or hasattr(cls, "unmarshal_binary")
    )


def _messages(source: Source) -> Iterator[type[Any]]:
    """Yield the messages that the file defines or imports, each once."""
    values = vars(source.module).values()
    found = dict.fromkeys(value for value in values if _is_whole_message(value))
    yield from found


def _is_whole_message(value: object) -> typing.TypeGuard[type[Any]]:
    # A generic one is a message where it is used, with its types in brackets.
    return (
        isinstance(value, type)
        and is_message(value)
        and _is_wire_type(value)
        and not is_generic(value)
    )
