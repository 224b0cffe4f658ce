"""Two versions of an IDL, compared: what the tests of `rpcgen.gen.breaking` share."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from rpcgen.gen.breaking import compare_services
from rpcgen.gen.describe import describe_idls
from rpcgen.gen.findings import Finding

__all__ = ["HEAD", "Compare", "comparer", "echo"]

HEAD = """\
from __future__ import annotations
from datetime import datetime, timedelta
from enum import IntEnum, IntFlag, StrEnum
from typing import Annotated, Any, Literal, Protocol
from uuid import UUID

from attrs import define, field, frozen
from rpcgen import Code
from rpcgen.types import *
from rpcgen.types import OpenIntEnum, OpenStrEnum, RemoteError, raises
"""


class Compare(Protocol):
    """Takes two texts, without `HEAD`, and returns what breaks."""

    def __call__(
        self, old: str, new: str, module: str = "shapes", moved: str = "shapes"
    ) -> list[Finding]: ...


def comparer(folder: Path) -> Compare:
    """Return a function that writes two versions below a folder and compares them."""

    def compare(old: str, new: str, module: str = "shapes", moved: str = "shapes") -> list[Finding]:
        described = []
        for side, text, name in (("old", old, module), ("new", new, moved)):
            (folder / side).mkdir(exist_ok=True)
            path = folder / side / f"{name}.py"
            path.write_text(HEAD + text)
            described.append(describe_idls([str(path)]))
        return compare_services(*described)

    return compare


def echo(kind: str, before: str = "") -> str:
    """Return an IDL whose message has a field of a type."""
    return f"""
{before}

@define
class M:
    a: {kind}


class S(Protocol):
    def f(self, m: M) -> M: ...
"""
