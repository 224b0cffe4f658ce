"""IDL files as data: what a server would say of their services, and where each thing is written."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

import attrs
from attrs import field, frozen

from ..errors import SchemaError
from ..method import Method as Descriptor
from ..protocol.reflection import Description
from ..protocol.registry import ServedMethod
from ..protocol.registry import Service as ServedService
from ..protocol.server_reflection import describe as describe_services
from ..protocol.type_descriptions import TypeDescriptions
from ..schema import Enum, Opaque, Schema, Struct, names_in, schema_of, wire_name_in
from ..types import wire_name_of
from .check import check_cross_module, dynamic_messages
from .check.messages import target_of
from .diagnostics import Diagnostic, Location, raise_if_any
from .discover import discover
from .load import isolated_imports
from .model import Method, Module, Parameter, Service
from .names import method_names
from .pipeline import no_service_beside, read_modules, told_at
from .source import Expression, Source

__all__ = ["Described", "MethodPlace", "ServicePlace", "TypePlace", "describe_idls"]


@frozen
class MethodPlace:
    """Place of a method in the files, its only parameter, and what it returns."""

    location: Location
    request: Location
    response: Location


@frozen
class ServicePlace:
    """Place of a service in the files; its methods by their names on the wire."""

    location: Location
    methods: Mapping[str, MethodPlace]


@frozen
class TypePlace:
    """Place of a type with a class in the files; its fields or members by their names in Python.

    ``named`` are the fields to which ``wire`` gives a name, ``is_named`` says it of the type.
    """

    location: Location
    members: Mapping[str, Location]
    named: frozenset[str] = frozenset()
    is_named: bool = False


@frozen(eq=False)
class Described:
    """The services of IDL files.

    Attributes:
        description: The services and their types.
        services: Where the services of the description are written, in its order.
        types: Where types are written, by their numbers; those without a class are missing.
        dynamic: Numbers of the messages that an ``Any`` may hold.
        modules: Dotted name of the IDL module of each service.
        texts: The text of each file that a location names.
    """

    description: Description
    services: tuple[ServicePlace, ...]
    types: Mapping[int, TypePlace]
    dynamic: tuple[int, ...]
    modules: tuple[str, ...]
    texts: Mapping[str, str] = field(repr=False)


def describe_idls(arguments: Iterable[str], root: Path | None = None) -> Described:
    """Return what IDL files and folders of them say.

    Args:
        arguments: Paths of the files and folders.
        root: Folder that the names of modules count from, by default that of `find_root`.

    Raises:
        GenerateError: Everything that is wrong with any of the files.
    """
    idls, diagnostics = discover(arguments, root)
    raise_if_any(diagnostics)
    describer = _Describer()
    empty: list[Diagnostic] = []
    for base, group in groupby(sorted(idls, key=attrgetter("root", "path")), attrgetter("root")):
        with isolated_imports(base):
            modules, without, wrong = read_modules(base, list(group))
            raise_if_any([*wrong, *([] if wrong else check_cross_module(modules))])
            empty += without
            raising: list[Diagnostic] = []
            for module in modules:
                with told_at(module.idl, raising):
                    describer.add(module)
            raise_if_any(raising)
    if not describer.services:
        raise_if_any(empty or [no_service_beside(idls[0])])
    return describer.result()


class _Describer:
    """Describes modules one by one, while they are imported."""

    def __init__(self) -> None:
        self.services: list[ServicePlace] = []
        self._modules: list[str] = []
        self._description = Description()
        self._table = TypeDescriptions()
        self._types: dict[int, TypePlace] = {}
        self._dynamic: dict[int, None] = {}
        self._texts: dict[str, str] = {}

    def add(self, module: Module) -> None:
        """Describe the services of a module."""
        for cls in dynamic_messages(module):
            self._dynamic[self._table.number_of(schema_of(cls))] = None
        for service in module.services:
            self._add_service(module, service)
        for number, schema in enumerate(self._table.schemas):
            if number not in self._types:
                self._place_type(number, schema, module.source)

    def result(self) -> Described:
        """Return everything that was added."""
        self._description.types = self._table.types
        return Described(
            self._description,
            tuple(self.services),
            self._types,
            tuple(self._dynamic),
            tuple(self._modules),
            self._texts,
        )

    def _add_service(self, module: Module, service: Service) -> None:
        methods: dict[str, ServedMethod] = {}
        places: dict[str, MethodPlace] = {}
        for method, own in method_names(service).items():
            request = _request_of(module.source, method, own.args)
            served = _served(method, request)
            methods[method.wire_name] = served
            places[method.wire_name] = self._method_place(method)
            if own.args is not None:
                number = self._table.number_of(served.request)
                self._types[number] = self._place_parameters(method)
        described = ServedService(service.wire_name, methods, service.cls)
        self._description.services += describe_services([described], self._table).services
        self.services.append(ServicePlace(self._keep(service.source, service.location), places))
        self._modules.append(module.source.name)

    def _method_place(self, method: Method) -> MethodPlace:
        location = self._keep(method.source, method.location)
        request = method.parameters[0].location if method.parameters else location
        response = method.returns.location if method.returns else location
        return MethodPlace(location, request, response)

    def _place_parameters(self, method: Method) -> TypePlace:
        location = self._keep(method.source, method.location)
        members = {_attribute(each): each.location for each in method.parameters}
        named = [_attribute(each) for each in method.parameters if _is_named(each.annotation)]
        return TypePlace(location, members, frozenset(named), True)

    def _place_type(self, number: int, schema: Schema[Any], source: Source) -> None:
        if not isinstance(schema, Struct | Enum | Opaque):
            return
        cls: type[Any] = schema.cls
        members: dict[str, Location] = {}
        named: set[str] = set()
        own: Location | None = None
        for base in reversed(cls.__mro__):
            file = source.source_of(base.__module__)
            node = file.classes.get(base.__qualname__) if file else None
            if file is None or node is None or _is_library(base):
                continue
            own = self._keep(file, file.location(node))
            for statement in node.body:
                if name := target_of(statement):
                    members[name] = file.location(statement)
                    named -= {name}
                    if _is_named(_annotation(file, statement), names_in(base)):
                        named.add(name)
        if own is not None:
            is_named = wire_name_of(cls) is not None
            self._types[number] = TypePlace(own, members, frozenset(named), is_named)

    def _keep(self, source: Source, location: Location) -> Location:
        self._texts[location.path] = source.text
        return location


# Modules whose classes are bases of those of an IDL, and say nothing of the wire.
_LIBRARY: Final = (
    "builtins",
    "datetime",
    "enum",
    "rpcgen.errors",
    "rpcgen.types",
    "typing",
    "uuid",
)


def _is_library(cls: type[Any]) -> bool:
    return cls.__module__.startswith(_LIBRARY)


def _annotation(source: Source, statement: ast.stmt) -> Expression | None:
    if isinstance(statement, ast.AnnAssign):
        return Expression(source, statement.annotation)
    return None


def _is_named(annotation: Expression | None, scope: Mapping[str, object] | None = None) -> bool:
    """Return True if an annotation says the name on the wire."""
    try:
        return annotation is not None and wire_name_in(annotation.value(scope)) is not None
    except SchemaError:  # of what is no field, and was not judged
        return False


def _attribute(parameter: Parameter) -> str:
    """Return the name of the field that a parameter is in the class that is generated."""
    return "self_" if parameter.name == "self" else parameter.name


def _request_of(source: Source, method: Method, args: str | None) -> Schema[Any]:
    """Return the schema of what a method takes, as its generated descriptor has it."""
    if args is None:
        parameters = method.parameters
        annotation = parameters[0].annotation if parameters else None
        return schema_of(annotation.value() if annotation else None)
    fields = {_attribute(each): _field(each) for each in method.parameters}
    cls = attrs.make_class(args, fields)
    cls.__module__ = source.name
    return schema_of(cls)


def _field(parameter: Parameter) -> Any:
    annotation = parameter.annotation.value() if parameter.annotation else None
    if parameter.default is None:
        return attrs.field(type=annotation, kw_only=True)  # type: ignore[call-overload]
    return attrs.field(type=annotation, default=parameter.value, kw_only=True)  # type: ignore[call-overload]


def _served(method: Method, request: Schema[Any]) -> ServedMethod:
    response = schema_of(method.returns.value() if method.returns else None)
    descriptor: Descriptor[Any, Any] = Descriptor.of(method.wire_name, request, response)
    descriptor.raises = method.raises
    descriptor.timeout = method.timeout
    descriptor.idempotent = method.idempotent
    descriptor.durable = method.durable
    return ServedMethod(request, response, lambda _: None, method=descriptor)
