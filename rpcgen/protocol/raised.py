"""Declared exceptions on the wire."""

from __future__ import annotations

from typing import Any

from rpcgen.errors import RemoteError
from rpcgen.schema import Schema, schema_of

__all__ = ["raised_name", "raised_schema"]


def raised_name(cls: type[RemoteError]) -> str:
    """Return the wire name of a declared exception."""
    return schema_of(cls).go


def raised_schema(cls: type[RemoteError]) -> Schema[Any]:
    """Return the schema of a declared exception's fields."""
    return schema_of(cls)
