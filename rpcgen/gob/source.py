"""Python source that is generated, compiled, and able to say where in a value it failed.

Every generated line remembers the place in the value that it works on. When an
exception comes out of it, `place_of` reads the lines off the traceback and
tells the path, with the indices out of the local variables. So working code
keeps no account of where it is: errors cost time, success does not.
"""

from __future__ import annotations

import itertools
import linecache
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from .._interrupts import reraise_interrupt
from .._records import ValueRecord

__all__ = ["MisfitError", "Place", "Source", "TooLongError", "forget", "is_ours", "place_of"]

_PLACES: Final = "__gob_places__"
_ROOT: Final = "__gob_root__"
_NO_LETTER: Final = re.compile(r"[^A-Za-z_]")
_serial = itertools.count(1)


class MisfitError(TypeError):
    """A value of the wrong type, with a text that says more than its type on the wire does."""


class Place(ValueRecord):
    """Place in a value that a line works on: an addition to the path, with ``{i}`` for local names.

    ``wanted`` is Go's type there, ``variable`` the local that holds the Python value, if any.
    """

    path: str = ""
    wanted: str = ""
    variable: str = ""


class TooLongError(Exception):
    """The source would have more lines than it may."""


class Source:
    """A module being generated.

    ``root`` is what paths begin with, unless the value is part of another one.
    A line beyond the ``longest`` that there may be is a `TooLongError`.
    """

    longest = sys.maxsize

    def __init__(self, title: str, root: str = "", **names: Any) -> None:
        self.title = _NO_LETTER.sub("", title)
        self.names: dict[str, Any] = {**names, _ROOT: root}
        self._lines: list[str] = []
        self._places: list[Place] = []
        self._place = Place()
        self._indent = ""
        self._constants: dict[int, str] = {}
        self._count = itertools.count()

    def __len__(self) -> int:
        return len(self._lines)

    def line(self, text: str) -> None:
        """Add a line at the present indentation. Raises `TooLongError`."""
        if len(self._lines) >= self.longest:
            raise TooLongError("the source has more lines than it may")
        self._lines.append(self._indent + text)
        self._places.append(self._place)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Indent what follows under ``head``."""
        self.line(head)
        indent = self._indent
        self._indent += "    "
        yield
        self._indent = indent

    @contextmanager
    def function(self, head: str) -> Iterator[None]:
        """Indent what follows under ``def``: a path of its own begins there."""
        place, indent = self._place, self._indent
        self._place, self._indent = Place(), ""
        with self.block(head):
            yield
        self._place, self._indent = place, indent

    @contextmanager
    def at(self, step: str, wanted: str = "", variable: str = "") -> Iterator[None]:
        """Say that what follows works one step further inside the value."""
        place = self._place
        self._place = Place(place.path + step, wanted, variable)
        yield
        self._place = place

    def variable(self, hint: str = "v") -> str:
        """Return a name that nothing else has.

        Only letters are taken from ``hint``: a peer may have chosen it.
        """
        return f"{_NO_LETTER.sub('', hint) or 'v'}{next(self._count)}"

    def constant(self, value: object, hint: str) -> str:
        """Return the name under which the generated code finds this very object."""
        name = self._constants.get(id(value))
        if name is None:
            name = self._constants[id(value)] = self.variable(hint)
            self.names[name] = value
        return name

    def compile(self) -> dict[str, Any]:
        """Compile the lines and return the module's names."""
        filename = f"<gob {self.title} {next(_serial)}>"
        text = "\n".join(self._lines) + "\n"
        self.names[_PLACES] = self._places
        exec(compile(text, filename, "exec"), self.names)
        # So that tracebacks and debuggers show the lines.
        linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
        return self.names


def forget(function: object) -> None:
    """Drop the lines of a generated function that is used no more."""
    code = getattr(function, "__code__", None)  # which no program of the accelerator has
    if code is not None:
        linecache.cache.pop(code.co_filename, None)


class _Found:
    """Place in a value, as far as it is found."""

    def __init__(self) -> None:
        self.path = ""
        self.position: int | None = None
        self.wanted = ""
        self.value: object = None
        self.has_value = False


def place_of(error: BaseException) -> _Found:
    """Tell where in the value ``error`` was raised, by the generated lines of its traceback."""
    found = _Found()
    traceback = error.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        places: list[Place] | None = frame.f_globals.get(_PLACES)
        if places is not None and frame.f_code.co_filename.startswith("<gob "):
            place, names = places[traceback.tb_lineno - 1], frame.f_locals
            found.path = found.path or frame.f_globals[_ROOT]
            found.path += _filled(place.path, names)
            found.position = names.get("pos", found.position)
            found.wanted = place.wanted
            found.has_value = place.variable in names
            found.value = names.get(place.variable)
        traceback = traceback.tb_next
    return found


def is_ours(error: BaseException) -> bool:
    """Say whether it was raised in generated code, or in this package: not in the user's."""
    traceback = error.__traceback__
    module = ""
    while traceback is not None:
        names = traceback.tb_frame.f_globals
        module = "rpcgen" if _PLACES in names else names.get("__name__", "")
        traceback = traceback.tb_next
    return module.partition(".")[0] == "rpcgen"


def _filled(path: str, names: dict[str, Any]) -> str:
    try:
        return path.format_map(names)
    except Exception as error:  # a key whose repr fails, or an index that is not set yet
        reraise_interrupt(error)
        return path
