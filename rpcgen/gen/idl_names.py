"""Names in an IDL that is written from a description: identifiers, whatever it says."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

from ..protocol.reflection import FieldDescription, ServiceDescription, TypeDescription
from .idl_types import CLASSES
from .names import distinct, joined_words, snake_case

__all__ = [
    "attribute_names",
    "bare_name",
    "class_name",
    "is_name",
    "method_names",
    "type_name",
]


def bare_name(name: str) -> str:
    """Return a Go name without its package."""
    plain, bracket, arguments = name.partition("[")
    return plain.rpartition("/")[2].rpartition(".")[2] + bracket + arguments


def is_name(name: str) -> bool:
    """Return True for an identifier that means nothing to Python."""
    return name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("__")


def _identifier(text: str) -> str:
    """Return an identifier made of the words of any text; empty if it has none."""
    words = re.findall(r"[^\W_]+", re.sub(r"[\w/]*\.(?=\w)", "", text))
    name = joined_words(words)
    return name if is_name(name) else f"X{name}" if name else ""


def type_name(each: TypeDescription) -> str:
    """Return what a class, an enum or a new type is called, if the name is free."""
    if is_name(each.python) and each.kind in CLASSES and "[" not in each.name:
        return each.python
    return _identifier(each.name) or "Struct"


def class_name(service: ServiceDescription) -> str:
    """Return what the class of a service is called, if the name is free."""
    if is_name(service.python) and not service.python.startswith("_"):
        return service.python
    name = joined_words(re.findall(r"[^\W_]+", service.name))
    return name if is_name(name) else f"Service{name}"


def method_names(service: ServiceDescription) -> list[str]:
    """Return the names of the methods in Python, each another."""
    return distinct(
        each.python
        if is_name(each.python) and not each.python.startswith("_")
        else _lower(each.name, "method")
        for each in service.methods
    )


def attribute_names(fields: Iterable[FieldDescription]) -> list[str]:
    """Return the names of the fields in Python, each another."""
    names = [
        each.attribute if is_name(each.attribute) else _lower(each.name, "field") for each in fields
    ]
    return distinct(names, ["self"])


def _lower(name: str, otherwise: str) -> str:
    """Return Python's spelling of a Go name."""
    lower = re.sub(r"\W", "_", snake_case(name))
    if keyword.iskeyword(lower):
        return f"{lower}_"
    return lower if is_name(lower) else f"{otherwise}_{lower}"
