"""From JSON to values, as ``json.Unmarshal`` does it."""

from .compiler import decode, mismatch

__all__ = ["decode", "mismatch"]
