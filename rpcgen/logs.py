"""The loggers ``rpcgen.server``, ``rpcgen.client`` and ``rpcgen.access``.

Much of what they say comes from strangers: names of methods and types, texts of
errors. A newline in it would begin a line of its own, which looks like one that
the program has written, and an escape sequence would reach the reader's
terminal. So every record is made harmless before a handler sees it.
"""

from __future__ import annotations

import logging
import re
import traceback
from types import TracebackType
from typing import TYPE_CHECKING, Final, TypeAlias

from .errors import CallCancelledError, DeadlineExceededError, ServerError
from .escapes import escaped

if TYPE_CHECKING:
    from .protocol import Invocation

__all__ = ["access_log", "client_log", "log_failure", "server_log"]

# Parts of a traceback that are Python's, with line ends in the right places.
_LAYOUT: Final = re.compile(r"(Traceback \(|\n|[ |+]*(File \"|\+|Traceback \()|\s*\[Previous line)")

_ExcInfo: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


def log_failure(invocation: Invocation, error: BaseException, peer: str) -> None:
    """Log the end of a call whose handler has raised.

    A `ServerError` is an answer that the handler gives on purpose, and is
    reported at the level of debugging; so is the end of a call of its own that
    ends because its caller has given up.

    Args:
        invocation: The call.
        error: Exception that the handler has raised.
        peer: Name of the client, as `rpcgen.net.sockets.peer_name` gives it.
    """
    name = invocation.request.service_method
    if isinstance(error, ServerError) or _is_given_up(invocation, error):
        server_log.debug("%s answered %s with an error: %s", name, peer, error)
        return
    server_log.error("%s failed, called by %s", name, peer, exc_info=error)


def _is_given_up(invocation: Invocation, error: BaseException) -> bool:
    context = invocation.context
    if context is None or not isinstance(error, (CallCancelledError, DeadlineExceededError)):
        return False
    return context.cancelled


class _Escape(logging.Filter):
    """Makes records harmless; as a filter of the logger, it comes before all handlers."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        harmless = escaped(message)
        if harmless != message:
            record.msg, record.args = harmless, None
        if record.exc_info and not record.exc_text:
            # Formatters use this text if it is there; the exception itself stays in the record.
            record.exc_text = _traceback(record.exc_info)
        return True


def _traceback(exc_info: _ExcInfo) -> str:
    kind, error, place = exc_info
    if kind is None or error is None:
        return "NoneType: None"
    found = traceback.TracebackException(kind, error, place, compact=True)
    _escape_notes(found)
    return "".join(map(_escaped_part, found.format())).rstrip("\n")


def _escape_notes(found: traceback.TracebackException) -> None:
    """Keep each note on its line, those of causes and of groups too."""
    to_do: list[traceback.TracebackException | None] = [found]
    while to_do:
        each = to_do.pop()
        if each is None:
            continue
        notes = getattr(each, "__notes__", None)
        if isinstance(notes, list):
            each.__notes__ = [escaped(str(note)) for note in notes]
        to_do += (each.__cause__, each.__context__, *(each.exceptions or ()))


def _escaped_part(part: str) -> str:
    return part if _LAYOUT.match(part) else f"{escaped(part.rstrip())}\n"


def _logger(name: str) -> logging.Logger:
    logger = logging.getLogger(name)
    logger.addFilter(_Escape())
    return logger


server_log = _logger("rpcgen.server")
"""Logger of all servers, ``rpcgen.server``."""

client_log = _logger("rpcgen.client")
"""Logger of all clients, ``rpcgen.client``."""
access_log = _logger("rpcgen.access")
