"""IDL files for the tests of `rpcgen.gen.check`, made of a few messages and a service."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rpcgen.gen.discover import discover
from rpcgen.gen.load import Loader
from rpcgen.gen.model import Module, read_module
from rpcgen.gen.source import Source

Load = Callable[..., Source]

HEAD = """
from typing import Any, Protocol
from attrs import define, frozen

@define
class Leaf:
    value: int

@define
class Box:
    content: Any

@define
class Crate:
    boxes: list[Box]
"""


def read(load: Load, service: str) -> tuple[Module, Loader]:
    source = load(one=HEAD + service)
    ((idl,), _) = discover([str(source.path)])
    loader = Loader(Path.cwd())
    return read_module(idl, source, loader.source_of), loader


def service(*methods: str, name: str = "Service") -> str:
    return "\n".join([f"class {name}(Protocol):", *(f"    {method}" for method in methods), ""])
