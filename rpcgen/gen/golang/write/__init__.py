"""A Go package for the services of IDL files: types, clients, and what serves them."""

from __future__ import annotations

from .names import package_name
from .package import write_go

__all__ = ["package_name", "write_go"]
