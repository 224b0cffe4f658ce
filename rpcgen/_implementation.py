"""Which implementation of the gob codec a process uses: the choice of ``RPCGEN_IMPL``.

There is one so far, in Python. Another one has the same classes and functions
in modules of its own, is a line in `IMPLEMENTATIONS`, and is then run through
all tests of what gob's codec does, with all others.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final, NamedTuple

__all__ = ["CHOSEN", "IMPLEMENTATIONS", "VARIABLE", "Implementation", "choose"]

VARIABLE: Final = "RPCGEN_IMPL"
"""Name of the environment variable; empty or not set, the default is used."""

_DEFAULT: Final = "python"


class Implementation(NamedTuple):
    """An implementation, by the names of its modules."""

    encoder: str
    """The module of ``Encoder`` and ``dumps``."""

    decoder: str
    """The module of ``Decoder`` and ``loads``."""


IMPLEMENTATIONS: Final[Mapping[str, Implementation]] = {
    "python": Implementation("rpcgen.gob.encoder", "rpcgen.gob.decoder"),
}


def choose(environ: Mapping[str, str]) -> Implementation:
    """Return the implementation that an environment asks for.

    Args:
        environ: The environment, as in `os.environ`.

    Raises:
        ImportError: There is none of this name.
    """
    name = environ.get(VARIABLE) or _DEFAULT
    if name not in IMPLEMENTATIONS:
        there_are = ", ".join(sorted(IMPLEMENTATIONS))
        raise ImportError(f"{VARIABLE}={name!r} is no implementation; there are: {there_are}")
    return IMPLEMENTATIONS[name]


CHOSEN: Final = choose(os.environ)
"""The implementation of this process, chosen once."""
