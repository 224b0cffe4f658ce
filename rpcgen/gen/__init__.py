"""IDL files to generated modules: load -> model -> check -> render -> write."""

from __future__ import annotations

from .pipeline import Output, generate
from .write import Difference, compare, prune, write

__all__ = ["Difference", "Output", "compare", "generate", "prune", "write"]
