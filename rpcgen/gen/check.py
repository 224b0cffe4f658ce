"""Diagnostics of an IDL: each mistake at its own location, all of them at once."""

from __future__ import annotations

import ast
import enum
import typing
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

from attrs import frozen

from ..errors import SchemaError
from ..names import go_name, is_exported
from ..schema import (
    Array,
    Attribute,
    Converted,
    Field,
    Interface,
    Map,
    Pointer,
    Schema,
    Slice,
    Struct,
    attributes_of,
    check_bases,
    field_of,
    holds_itself,
    is_message,
    names_in,
    schema_of,
    substituted,
    type_arguments,
    wire_name_in,
)
from .defaults import unportable
from .diagnostics import Diagnostic, Location
from .model import Method, Module, Parameter, Service, is_protocol
from .names import MethodNames, generated_names, method_names
from .source import Expression, Source
from .spelling import annotation_can_be_spelled

__all__ = ["Checker", "check_cross_module", "dynamic_messages", "no_service"]

SourceOf = Callable[[str], Source | None]


class Checker:
    """Judges the modules below one root; messages that several share are judged once."""

    def __init__(self, source_of: SourceOf) -> None:
        self._source_of = source_of
        self._walked: set[Struct[Any]] = set()

    def check(self, module: Module) -> Iterator[Diagnostic]:
        """Yield the diagnostics of one IDL file and of the messages it uses."""
        for cls in module.messages:
            yield from self._message(schema_of(cls), module.source.top)
        yield from _defined_twice(module.source)
        yield from _implementations(module)
        for service in module.services:
            yield from _service(service)
            for method in service.methods:
                yield from self._method(method)
        yield from _clashing_names(module)

    def _method(self, method: Method) -> Iterator[Diagnostic]:
        yield from _definition(method)
        if _decorations(method) & _DECORATED.keys():
            return  # what it takes and gives is not a method's
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
                yield from self._type(parameter.annotation, alone)
        if method.takes_struct:
            yield from _parameter_names(method)
        if method.returns is None:
            yield Diagnostic(
                method.location,
                f"method {method.name!r} does not say what it returns",
                "write -> None if it returns nothing",
            )
        else:
            yield from self._type(method.returns, True)

    def _type(self, annotation: Expression, alone: bool) -> Iterator[Diagnostic]:
        """Yield the diagnostics of the type of a parameter or reply.

        ``alone``: it is no field of a struct, but the whole of what travels.
        """
        try:
            schema = schema_of(annotation.value())
        except SchemaError as error:
            yield Diagnostic(annotation.location, error.reason, error.hint)
            return
        if alone and (isinstance(schema, Pointer) or _is_optional_union(schema)):
            yield Diagnostic(
                annotation.location,
                "None cannot travel alone: Go has no way to send a nil argument or reply",
                "make it an optional field of a message",
            )
        if not annotation_can_be_spelled(annotation.unquoted()):
            yield Diagnostic(
                annotation.location,
                "this annotation cannot be carried over to generated code",
                "give it a name: Name = ... at the top of the module, and Name as the annotation",
            )
        yield from self._inner(schema, annotation.location)

    def _inner(self, schema: Schema[Any], location: Location) -> Iterator[Diagnostic]:
        """Yield the diagnostics of the types inside a type; ``location`` is where it is used."""
        for each in _parts(schema):
            if isinstance(each, Struct):
                yield from self._message(each, location)
            elif isinstance(each, Map) and not _hashable(each.key):
                yield Diagnostic(
                    location,
                    f"{_name(each.key)} cannot be the key of a map: it is not hashable",
                    "decorate it with attrs.frozen, and give it fields that can be hashed",
                )

    def _message(self, schema: Schema[Any], location: Location) -> Iterator[Diagnostic]:
        if not isinstance(schema, Struct) or schema in self._walked:
            return
        self._walked.add(schema)
        try:
            check_bases(schema.cls)
        except SchemaError as error:
            yield Diagnostic(self._class_location(schema.cls) or location, error.reason, error.hint)
            return
        sound = True
        names: dict[str, str] = {}
        for attribute in attributes_of(schema.cls):
            written = self._field(schema.cls, attribute.name)
            where = written.location or location
            field = _read_field(schema, attribute, where, written)
            if isinstance(field, Diagnostic):
                sound = False
                yield field
                continue
            if other := names.get(field.wire_name):
                sound = False
                yield _twice("field", attribute.name, other, field.wire_name, where)
            names[field.wire_name] = attribute.name
            yield from self._inner(field.schema, where)
        if sound and holds_itself(schema):
            yield Diagnostic(
                self._class_location(schema.cls) or location,
                f"message {schema.cls.__name__} contains itself, so it would never end",
                f"hold it as {schema.cls.__name__} | None, or in a list or dict",
            )

    def _field(self, cls: type[Any], name: str) -> _Written:
        """Return where a field of a message is written."""
        for base in cls.__mro__:
            source = self._source_of(base.__module__)
            node = source.classes.get(base.__qualname__) if source else None
            if source is None or node is None:
                continue
            for statement in node.body:
                if _target(statement) == name:
                    annotation = getattr(statement, "annotation", None)
                    expression = annotation and Expression(source, annotation)
                    return _Written(base, source.location(statement), expression)
        return _Written(cls, self._class_location(cls), None)

    def _class_location(self, cls: type[Any]) -> Location | None:
        source = self._source_of(cls.__module__)
        node = source.classes.get(cls.__qualname__) if source else None
        return source.location(node) if source and node else None


@frozen
class _Written:
    """Where a field is written: in which class of the message's bases, and how."""

    cls: type[Any]
    location: Location | None
    annotation: Expression | None


def _read_field(
    schema: Struct[Any], attribute: Attribute, location: Location, written: _Written
) -> Field | Diagnostic:
    cls, annotation = schema.cls, written.annotation
    if annotation is None:
        return Diagnostic(
            location,
            f"field {attribute.name!r} of {cls.__name__} has no annotation",
            f"say what it holds, such as {attribute.name}: int",
        )
    where = annotation.location
    try:
        variables = type_arguments(cls, schema.arguments).get(written.cls, {})
        value = substituted(annotation.value(names_in(written.cls)), variables)
        schema_of(value)  # a bad type is reported at the annotation, all else at the field
        where = location
        return field_of(cls, attribute, value)
    except SchemaError as error:
        return Diagnostic(where, error.reason, error.hint)


def check_cross_module(modules: Iterable[Module]) -> Iterator[Diagnostic]:
    """Yield the diagnostics between files: two services of one name, two messages of one name."""
    services: dict[str, Service] = {}
    messages: dict[str, type[Any]] = {}
    for module in modules:
        for service in module.services:
            other = services.setdefault(service.wire_name, service)
            if other is not service:
                yield Diagnostic(
                    service.location,
                    f"service {service.wire_name!r} is defined twice, first at {other.location}",
                    'name one of them otherwise with the decorator @wire("Name")',
                )
        for cls in dynamic_messages(module):
            name = schema_of(cls).name
            known = messages.setdefault(name, cls)
            if (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
                yield Diagnostic(
                    module.source.top,
                    f"two messages are {name!r} inside Any: "
                    f"{known.__module__}.{known.__qualname__} and "
                    f"{cls.__module__}.{cls.__qualname__}",
                    'name one of them otherwise with the decorator @wire("package.Name")',
                )


def dynamic_messages(module: Module) -> tuple[type[Any], ...]:
    """Return the messages that may travel inside an ``Any`` of the module's methods."""
    seen: dict[Struct[Any], None] = {}
    dynamic = False
    for annotation in _annotations(module):
        for part in _parts(schema_of(annotation.value()), seen):
            dynamic = dynamic or (isinstance(part, Interface) and not part.members)
    # A generic message has no name of its own to travel under.
    whole = [schema.cls for schema in seen if not schema.arguments]
    return tuple(dict.fromkeys([*module.messages, *whole])) if dynamic else ()


def _annotations(module: Module) -> Iterator[Expression]:
    for service in module.services:
        for method in service.methods:
            found = [*(parameter.annotation for parameter in method.parameters), method.returns]
            yield from (each for each in found if each)


def _parts(
    schema: Schema[Any], seen: dict[Struct[Any], None] | None = None
) -> Iterator[Schema[Any]]:
    """Yield a schema and those inside it; those of messages only with ``seen``, which collects."""
    yield schema
    match schema:
        case Slice() | Array() | Pointer():
            inner: list[Schema[Any]] = [schema.element]
        case Map():
            inner = [schema.key, schema.value]
        case Interface():
            inner = [*schema.members]
        case Converted():
            inner = [schema.inner]
        case Struct() if seen is not None and schema not in seen:
            seen[schema] = None
            inner = [field.schema for field in schema.fields]
        case _:
            return
    for each in inner:
        yield from _parts(each, seen)


def _hashable(schema: Schema[Any]) -> bool:
    try:
        return schema.comparable()
    except SchemaError:  # a field of the key is reported at its own place
        return True


def _name(schema: Schema[Any]) -> str:
    return schema.cls.__name__ if isinstance(schema, Struct) else schema.go


def _is_optional_union(schema: Schema[Any]) -> bool:
    return isinstance(schema, Interface) and bool(schema.members) and schema.nullable


def no_service(module: Module) -> Diagnostic:
    """Return the diagnostic of a file that was asked for and has no service."""
    classes = [
        name
        for name, value in vars(module.source.module).items()
        if name in module.source.classes
        and isinstance(value, type)
        and not is_message(value)
        and not issubclass(value, enum.Enum)
    ]
    name = classes[0] if classes else "Name"
    return Diagnostic(
        module.source.top,
        "no service in this file",
        f"a service is a Protocol class with public methods: class {name}(Protocol)",
    )


def _defined_twice(source: Source) -> Iterator[Diagnostic]:
    first: dict[str, ast.ClassDef] = {}
    for node in source.tree.body:
        if isinstance(node, ast.ClassDef) and first.setdefault(node.name, node) is not node:
            location = source.location(first[node.name])
            yield Diagnostic(
                source.location(node),
                f"class {node.name!r} is defined twice, first at {location}",
                "the second would hide the first: rename one of them",
            )


def _implementations(module: Module) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each class that inherits a service and is none."""
    for name, node in module.source.classes.items():
        cls = vars(module.source.module).get(name)
        if not isinstance(cls, type) or is_protocol(cls):
            continue
        served = [base for base in cls.__mro__ if is_protocol(base) and base is not Protocol]
        if served:
            base = served[0].__name__
            yield Diagnostic(
                module.source.location(node),
                f"class {name} inherits the service {base}, but is no service itself",
                f"write class {name}({base}, Protocol), or move an implementation elsewhere",
            )


def _service(service: Service) -> Iterator[Diagnostic]:
    # Go takes any other name, of RegisterName.
    if not service.wire_name or not _is_unicode(service.wire_name):
        yield Diagnostic(
            service.location,
            f"service {service.name!r} is {service.wire_name!r} on the wire, which is no name",
            'give it another: the decorator @wire("Name")',
        )
    if not service.methods:
        fields = any(isinstance(each, ast.AnnAssign) for each in service.node.body)
        yield Diagnostic(
            service.location,
            f"service {service.name!r} has no methods",
            f"make {service.name} a message: a class of its own, decorated with attrs.define"
            if fields
            else "write each method as a function: def ping(self) -> None: ...",
        )
        if fields:
            return
    for source, node in service.bases:
        yield from _class_body(source, node)
    if generic := _generic_base(service.cls):
        yield Diagnostic(service.location, *_generic(service.name, generic))
    first: dict[str, Method] = {}
    for method in service.methods:
        other = first.setdefault(method.wire_name, method)
        if other is not method:
            yield _twice("method", method.name, other.name, method.wire_name, method.location)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # lone surrogates
        return False
    return True


def _class_body(source: Source, node: ast.ClassDef) -> Iterator[Diagnostic]:
    """Yield the diagnostics of what a service holds that is not a method, or is one twice."""
    overloaded = _overloaded(node)
    names = Counter[str]()
    for statement in node.body:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                names[statement.name] += 1
                if names[statement.name] == 2 and statement.name not in overloaded:
                    yield Diagnostic(
                        source.location(statement),
                        f"method {statement.name!r} is defined twice",
                        "Go has one method for each name: rename one of them",
                    )
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                pass
            case _ if _target(statement).startswith("__"):  # such as __slots__
                pass
            case _:
                what = f"attribute {name!r}" if (name := _target(statement)) else "statement"
                yield Diagnostic(
                    source.location(statement),
                    f"{what} in service {node.name!r}: only methods can be called from afar",
                    "make it a method without parameters, or move it out of the class",
                )


def _overloaded(node: ast.ClassDef) -> set[str]:
    return {
        each.name
        for each in node.body
        if isinstance(each, ast.FunctionDef)
        and any(_last_name(decorator) == "overload" for decorator in each.decorator_list)
    }


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
        name = _last_name(decorator)
        if name not in ("wire", "abstractmethod", "struct_args", "deprecated"):
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
    if not is_exported(method.wire_name):
        yield Diagnostic(
            method.location,
            f"method {method.name!r} is {method.wire_name!r} on the wire, "
            "which Go would not export",
            'give it a name with a capital: the decorator @wire("Name")',
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
    return {_last_name(decorator) for decorator in method.node.decorator_list}


def _decorated(name: str) -> tuple[str, str]:
    reason = f"a method of a service cannot be decorated with @{name}"
    known = '@wire("Name"), @struct_args, @deprecated("why") and @abstractmethod'
    return reason, f"only {known} mean something here"


def _parameter_names(method: Method) -> Iterator[Diagnostic]:
    """Yield the diagnostics of the names that parameters have as fields of a struct."""
    first: dict[str, Parameter] = {}
    for parameter in method.parameters:
        name = wire_name_of_parameter(parameter)
        other = first.setdefault(name, parameter)
        if other is not parameter:
            yield _twice("parameter", parameter.name, other.name, name, parameter.location)
        if parameter.name.startswith("_") or not is_exported(name):
            yield Diagnostic(
                parameter.location,
                f"parameter {parameter.name!r} is {name!r} on the wire, which Go would not export",
                'begin it with a letter; Annotated[..., wire("Name")] names it otherwise for Go',
            )


def wire_name_of_parameter(parameter: Parameter) -> str:
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


def _clashing_names(module: Module) -> Iterator[Diagnostic]:
    """Yield the diagnostics of generated names that something else in the module has."""
    owners = {symbol.name: "a type of the IDL" for symbol in module.names}
    for service in module.services:
        names = generated_names(service)
        yield from _clashing("service", service.name, service.location, names, owners)
        owners |= dict.fromkeys(names, f"what {service.name!r} generates")
        for method, own in method_names(service).items():
            yield from _clashing("method", method.name, method.location, own, owners)
            owners |= dict.fromkeys(own, f"what {service.name}.{method.name} generates")
            yield from _hidden(method, own)


def _hidden(method: Method, generated: MethodNames) -> Iterator[Diagnostic]:
    """Yield the diagnostics of parameters that hide what the body of their method refers to."""
    for parameter in method.parameters:
        if parameter.name in generated:
            yield Diagnostic(
                parameter.location,
                f"parameter {parameter.name!r} has the name of what its method generates",
                'rename it; Annotated[..., wire("Name")] keeps the name that Go knows',
            )


def _clashing(
    what: str, name: str, location: Location, generated: Iterable[str], owners: Mapping[str, str]
) -> Iterator[Diagnostic]:
    for each in generated:
        if each in owners:
            yield Diagnostic(
                location,
                f"{what} {name!r} generates {each!r}, which is the name of {owners[each]}",
                'rename one of them; @wire("Name") keeps the name that Go knows',
            )
            return


def _generic_base(cls: type[Any]) -> object:
    """Return what makes a service generic: a base with types in brackets, or itself; else None."""
    if getattr(cls, "__parameters__", ()):
        return cls
    bases = getattr(cls, "__orig_bases__", ())
    return next((base for base in bases if typing.get_origin(base) is not None), None)


def _generic(name: str, generic: object) -> tuple[str, str]:
    if isinstance(generic, type) and typing.get_origin(generic) is None:
        hint = "a service has the same types for all its callers: write them out"
        return f"service {name!r} is generic", hint
    base = getattr(typing.get_origin(generic), "__name__", "")
    return (
        f"service {name!r} extends {base!r}, which is generic",
        f"write the methods of {base} out in {name}, with the types that they have there",
    )


def _twice(what: str, name: str, other: str, wire_name: str, location: Location) -> Diagnostic:
    how = "the decorator @wire" if what == "method" else "Annotated[..., wire"
    end = '("Name")' if what == "method" else '("Name")]'
    return Diagnostic(
        location,
        f"{what}s {other!r} and {name!r} are both {wire_name!r} on the wire",
        f"name one of them otherwise with {how}{end}",
    )


def _target(statement: ast.stmt) -> str:
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
    return ""


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
