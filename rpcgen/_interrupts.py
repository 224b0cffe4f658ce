"""Exceptions that come from outside: a signal handler or another thread may raise at any bytecode.

Code that catches what its own steps raise calls `reraise_interrupt` first, so
that an exception that has nothing to do with these steps goes on as it was raised.
"""

from __future__ import annotations

import importlib
import sys
from types import FrameType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from threading import Event

__all__ = ["import_apart", "is_from_handler", "is_interrupt", "reraise_interrupt"]

_PACKAGE: Final = __name__.partition(".")[0]
_PREFIX: Final = _PACKAGE + "."

# Files of code that is generated for the package, by how their names begin.
_GENERATED_FILES: Final = ("<gob ", "<attrs generated")
_GENERATED: Final = "<generated>"

_VARIABLE_POSITIONAL: Final = 0x04
_VARIABLE_KEYWORD: Final = 0x08


def import_apart(*modules: str) -> None:
    """Import modules where no signal handler raises exceptions, before an import statement does.

    One that is raised in the middle of an import may leave Python's lock of all imports taken,
    and other threads waiting for ever. Signal handlers run in the main thread, so that another
    one imports, and goes on where this one is interrupted.

    Args:
        *modules: Full names of modules, of which most have been imported before.
    """
    missing = [name for name in modules if not _is_imported(name)]
    if not missing:
        return
    from threading import Event, Thread, current_thread, main_thread

    if current_thread() is not main_thread():
        return  # the caller's own import statement is as good
    # Not `Thread.join`, which takes a thread for ended once an exception has interrupted it.
    done = Event()
    try:
        Thread(target=_import_all, args=(missing, done), daemon=True).start()
    except RuntimeError as error:  # no more threads, or the interpreter ends
        reraise_interrupt(error)
        return
    done.wait()


def _is_imported(module: str) -> bool:
    spec = getattr(sys.modules.get(module), "__spec__", None)
    return spec is not None and not getattr(spec, "_initializing", False)


def _import_all(modules: list[str], done: Event) -> None:
    try:
        for name in modules:
            importlib.import_module(name)
    finally:
        done.set()


def reraise_interrupt(error: BaseException) -> None:
    """Raise the exception from outside that ``error`` is, or that it was made from.

    Args:
        error: An exception that is being handled.

    Raises:
        BaseException: The exception from outside, if there is one.
    """
    found: BaseException | None = error
    while found is not None and not is_interrupt(found):
        found = _handled_by(found)
    if found is None:
        return
    context = found.__context__
    try:
        raise found
    finally:
        found.__context__ = context


def _handled_by(error: BaseException) -> BaseException | None:
    """Return the exception during whose handling ``error`` was raised, if that was in our hands.

    Not one that the caller is handling while it calls us: no frame that ``error`` has come
    through has caught that.
    """
    context = error.__context__
    if context is None or context.__traceback__ is None:
        return None
    handler, traceback = context.__traceback__.tb_frame, error.__traceback__
    while traceback is not None:
        if traceback.tb_frame is handler:
            return context
        traceback = traceback.tb_next
    return None


def is_interrupt(error: BaseException) -> bool:
    """Return True if an exception was raised from outside the code that it came out of.

    It was if a signal handler or a trace function raised it, and if it is not an
    `Exception`. One that another thread has set, by
    ``PyThreadState_SetAsyncExc``, is recognized by exclusion: the package and
    the standard library raise no exceptions but Python's and their own, and the
    package none without a message.

    One that is set while a user's own class encodes or decodes itself cannot be
    told from an exception of that class.

    Args:
        error: An exception that was caught, with its traceback.
    """
    if not isinstance(error, Exception):
        return True
    traceback, origin = error.__traceback__, ""
    while traceback is not None:
        frame = traceback.tb_frame
        origin = frame.f_globals.get("__name__") or ""
        # Nearly all frames are the package's: others are looked at more closely.
        if not origin.startswith(_PREFIX):
            if frame.f_code.co_filename.startswith(_GENERATED_FILES):
                origin = _GENERATED
            elif _holds_its_caller(frame):
                return True
        traceback = traceback.tb_next
    if not error.args and (origin == _GENERATED or origin.startswith(_PREFIX)):
        return not isinstance(error, MemoryError)
    # Generated code calls functions of the user's, which may be in C and have no frame.
    return _is_ours(origin) and not _is_ours(type(error).__module__)


def is_from_handler(error: BaseException) -> bool:
    """Return True if a signal handler or a trace function has raised an exception.

    Args:
        error: An exception that was caught, with its traceback.
    """
    traceback = error.__traceback__
    while traceback is not None:
        if _holds_its_caller(traceback.tb_frame):
            return True
        traceback = traceback.tb_next
    return False


def _is_ours(module: str) -> bool:
    name = module.partition(".")[0]
    return name == _PACKAGE or name == "builtins" or name in sys.stdlib_module_names


def _holds_its_caller(frame: FrameType) -> bool:
    """Return True if a function was given the frame that it was called in.

    Python alone does that, with signal handlers and trace functions, which it
    calls between two instructions of the frame.
    """
    code, caller = frame.f_code, frame.f_back
    if caller is None:
        return False
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & _VARIABLE_POSITIONAL) + bool(code.co_flags & _VARIABLE_KEYWORD)
    arguments = [frame.f_locals.get(name) for name in code.co_varnames[:count]]
    return any(
        each is caller or (isinstance(each, tuple) and any(item is caller for item in each))
        for each in arguments
    )
