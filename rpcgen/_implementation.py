"""Implementation of the gob codec that a process uses, chosen by ``RPCGEN_IMPL``.

``python`` is there always; ``c`` where the accelerator was compiled, and is the
default then. Each has the same classes and functions in modules of its own, is
a line in `IMPLEMENTATIONS`, and is run through all tests of what gob's codec
does, with all others.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from typing import Final, NamedTuple

__all__ = ["CHOSEN", "IMPLEMENTATIONS", "VARIABLE", "Implementation", "choose", "name_of"]

VARIABLE: Final = "RPCGEN_IMPL"
"""Name of the environment variable; empty or not set, the default is used."""


class Implementation(NamedTuple):
    """An implementation, by the names of its modules.

    Attributes:
        encoder: Module of ``Encoder`` and ``dumps``.
        decoder: Module of ``Decoder`` and ``loads``.
        headers: Module of ``HeaderDecoder``.
    """

    encoder: str
    decoder: str
    headers: str


def _has_accelerator() -> bool:
    try:
        importlib.import_module("rpcgen._accelerator")
    except ImportError:  # not compiled, or not for this interpreter
        return False
    return True


_PYTHON: Final = Implementation(
    "rpcgen.gob.encoder", "rpcgen.gob.decoder", "rpcgen.gob.header_cache"
)
_C: Final = Implementation(
    "rpcgen.gob.accelerated.encoder",
    "rpcgen.gob.accelerated.decoder",
    "rpcgen.gob.accelerated.header_cache",
)

IMPLEMENTATIONS: Final[Mapping[str, Implementation]] = (
    {"c": _C, "python": _PYTHON} if _has_accelerator() else {"python": _PYTHON}
)
"""The implementations that there are, by name; the first is the default."""


def choose(environ: Mapping[str, str]) -> Implementation:
    """Return the implementation that an environment asks for.

    Args:
        environ: The environment, as in `os.environ`.

    Returns:
        The implementation, the default if the variable is empty or not set.

    Raises:
        ImportError: An implementation of this name does not exist.
    """
    name = environ.get(VARIABLE) or next(iter(IMPLEMENTATIONS))
    if name not in IMPLEMENTATIONS:
        there_are = ", ".join(sorted(IMPLEMENTATIONS))
        hint = ""
        if name == "c":
            hint = "; install rpcgen where there is a C compiler: see docs/accelerator.md"
        raise ImportError(
            f"{VARIABLE}={name!r} is not an implementation; there are: {there_are}{hint}"
        )
    return IMPLEMENTATIONS[name]


def name_of(implementation: Implementation) -> str:
    """Return the name of an implementation."""
    return next(name for name, each in IMPLEMENTATIONS.items() if each is implementation)


CHOSEN: Final = choose(os.environ)
"""The implementation of this process, chosen once."""
