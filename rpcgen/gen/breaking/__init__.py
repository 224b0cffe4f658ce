"""Breaking changes of an IDL, between peers that have it and peers that do not."""

from __future__ import annotations

from .revisions import RevisionError, checked_out
from .services import compare_services

__all__ = ["RevisionError", "checked_out", "compare_services"]
