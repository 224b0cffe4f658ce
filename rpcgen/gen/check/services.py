"""Diagnostics of services: their classes, what those hold, and the names generated for them."""

from __future__ import annotations

import ast
import enum
import typing
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from ...schema import is_message
from ..diagnostics import Diagnostic, Location
from ..model import Method, Module, Service, is_protocol
from ..names import MethodNames, generated_names, method_names
from ..source import Source
from .messages import target_of, twice
from .methods import decorator_name

__all__ = ["check_names", "check_service", "defined_twice", "implementations", "no_service"]


def check_service(service: Service) -> Iterator[Diagnostic]:
    """Yield the diagnostics of a service, apart from those of its methods' types."""
    # Go takes any other name, of RegisterName.
    if not service.wire_name or not _is_unicode(service.wire_name):
        yield Diagnostic(
            service.location,
            f"service {service.name!r} is {service.wire_name!r} on the wire, which is not a name",
            'give it another: the decorator @wire("Name")',
        )
    if "<locals>" in service.cls.__qualname__:
        yield Diagnostic(
            service.location,
            f"service {service.name!r} is made by a function, so that its methods cannot be read",
            f"move class {service.name} to the top of the module",
        )
    elif not service.methods:
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
            yield twice("method", method.name, other.name, method.wire_name, method.location)


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


def defined_twice(source: Source) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each class of a file that hides another."""
    first: dict[str, ast.ClassDef] = {}
    for node in source.tree.body:
        if isinstance(node, ast.ClassDef) and first.setdefault(node.name, node) is not node:
            location = source.location(first[node.name])
            yield Diagnostic(
                source.location(node),
                f"class {node.name!r} is defined twice, first at {location}",
                "the second would hide the first: rename one of them",
            )


def implementations(module: Module) -> Iterator[Diagnostic]:
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
                f"class {name} inherits the service {base}, but is not a service itself",
                f"write class {name}({base}, Protocol), or move an implementation elsewhere",
            )


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # lone surrogates
        return False
    return True


def _class_body(source: Source, node: ast.ClassDef) -> Iterator[Diagnostic]:
    """Yield the diagnostics of what a service holds that is not a method, or is one twice."""
    overloaded = _overloaded(node, source)
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
            case _ if target_of(statement).startswith("__"):  # such as __slots__
                pass
            case _:
                what = f"attribute {name!r}" if (name := target_of(statement)) else "statement"
                yield Diagnostic(
                    source.location(statement),
                    f"{what} in service {node.name!r}: only methods can be called from afar",
                    "make it a method without parameters, or move it out of the class",
                )


def _overloaded(node: ast.ClassDef, source: Source) -> set[str]:
    return {
        each.name
        for each in node.body
        if isinstance(each, ast.FunctionDef)
        and any(
            decorator_name(decorator, source) == "overload" for decorator in each.decorator_list
        )
    }


def check_names(module: Module) -> Iterator[Diagnostic]:
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
