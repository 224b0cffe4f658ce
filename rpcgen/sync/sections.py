"""`Sections`: which parts of a connection's state are being changed, and by which thread.

A signal handler, a finalizer or an exception from outside may come between any
two bytecodes. So threads do not hold locks of a client: a thread claims a part
of the state (``encode``, ``send`` or ``take``) for the few steps that change
it, none of which waits for the other side as a rule. It claims by putting a
token of its own into a dict, where it was none, which is one step::

    token = new_token()
    try:
        if claims.setdefault("send", token) is not token:
            sections.enter("send", token)  # or do without
        ...
        del claims["send"]
    except BaseException as error:
        sections.leave("send", token, error)
        raise

Wherever an exception comes, the claim is this frame's and is given up, or it
is not and left alone. What it was for may be half changed then, so the
connection is ended. A second exception, in the middle of `leave`, leaves a
claim that no frame stands behind: `Sections.check` finds it out.
"""

from __future__ import annotations

import gc
import sys
import time
from _thread import get_ident
from collections.abc import Callable
from operator import call
from types import CodeType, FrameType
from typing import Final, TypeAlias, cast

from rpcgen.errors import RpcError

__all__ = ["Sections", "Token", "check_replies_to_nobody", "new_token"]

Token: TypeAlias = list[int]
"""A claim, by its identity; it holds the number of the thread. That of the accelerator, which gives
its claims up itself and has no frames, has a second number."""

# Seconds between two looks at a section that another thread is in, and until it is asked whether
# that thread is in it indeed. A section takes some microseconds, but for large messages.
_FIRST_PAUSE_S: Final = 0.00005
_LONGEST_PAUSE_S: Final = 0.005
_CHECK_AFTER_S: Final = 0.5

_PACKAGE: Final = __name__.rpartition(".")[0]

# Module that measures, before, how large a reply is: the one API knows nothing of the other.
_MEASURING: Final = _PACKAGE.rpartition(".")[0] + ".aio.effort"


def new_token() -> Token:
    """Return a token of the current thread."""
    return [get_ident()]


class Sections:
    """The claims on one connection's state, by the names of its parts.

    Args:
        end: Ends the connection, called with the exception that has left the
            state half changed.
        close: Closes it then, once no thread is in a section.
    """

    __slots__ = ("_close", "_end", "claims")

    def __init__(self, end: Callable[[BaseException], None], close: Callable[[], object]) -> None:
        self.claims: dict[str, Token] = {}
        self._end = end
        self._close = close

    def enter(self, name: str, token: Token) -> None:
        """Claim a part once no other thread is in it.

        Raises:
            RpcError: This thread is in it already, further down its stack.
        """
        pause, begin = _FIRST_PAUSE_S, time.monotonic()
        while self.claims.setdefault(name, token) is not token:
            self.check(thorough=time.monotonic() - begin > _CHECK_AFTER_S)
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    def leave(self, name: str, token: Token, error: BaseException) -> None:
        """Give up a part after an exception, if the token claims it, and end the connection."""
        if self.claims.get(name) is token:
            self._end(error)
            self.claims.pop(name, None)
            # Here and now: a socket that is left to the garbage collector warns, and runs Python
            # for it in which exceptions get lost.
            self._close()

    def check(self, *, thorough: bool) -> None:
        """Give up claims that were lost, which ends the connection.

        Args:
            thorough: Ask for the claims of other threads, too.

        Raises:
            RpcError: This thread is in a section, further down its stack.
        """
        own = get_ident()
        for name, token in tuple(self.claims.items()):
            if token[0] != own and not thorough:
                continue
            if _is_lost(token):
                self.leave(name, token, RuntimeError("an exception during the clean-up"))
            elif token[0] == own:
                raise RpcError(
                    "called by a signal handler or a finalizer that has interrupted this client in "
                    "the same thread: use `go` there, or call from another thread"
                )


def check_replies_to_nobody() -> None:
    """Look whether this thread is encoding a reply of a server, further down its stack.

    A finalizer that is run there and waits for the same server waits for
    itself. It takes some microseconds: for who has waited for some time already.

    Raises:
        RpcError: It is.
    """
    replying = _reply_encoders()
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_code in replying or frame.f_globals.get("__name__") == _MEASURING:
            raise RpcError(
                "called by a finalizer or a signal handler that has interrupted a server while it"
                " encodes a reply, which may be what this waits for: use `go` there, or call from"
                " another thread"
            )
        frame = frame.f_back


def _reply_encoders() -> set[CodeType]:
    """Return what encodes the replies of a connection, one at a time, in servers of both APIs."""
    # A client needs nothing of a server's, but to know one that it would wait for.
    from rpcgen.protocol import ServerProtocol
    from rpcgen.protocol.execution import Execution

    functions = (Execution.succeeded, Execution.failed, Execution.encode, ServerProtocol.refuse)
    return {function.__code__ for function in functions}


def _is_lost(token: Token) -> bool:
    """Return whether the frame that has made a claim is gone."""
    if not token[0] or len(token) > 1:
        return False  # of a connection that is closed for good, or of the accelerator
    if token[0] == get_ident():
        frame: FrameType | None = sys._getframe()
    else:
        stacks = _stacks()
        if get_ident() not in stacks:
            return False  # the numbers are not those of threads, as under gevent
        frame = stacks.get(token[0])
    while frame is not None:
        if _holds(frame, token):
            return False
        frame = frame.f_back
    return True


def _stacks() -> dict[int, FrameType]:
    """Return the topmost frame of each thread."""
    if sys.version_info >= (3, 12) or not gc.isenabled():
        return sys._current_frames()
    # Python 3.11 collects garbage in the middle of it, while it holds a lock of the interpreter: a
    # finalizer that needs the same lock waits for ever. `map` makes the three one step.
    _, stacks, _ = map(call, (gc.disable, sys._current_frames, gc.enable))
    return cast("dict[int, FrameType]", stacks)


def _holds(frame: FrameType, token: Token) -> bool:
    if frame.f_globals is globals() or frame.f_globals.get("__package__") != _PACKAGE:
        return False
    return any(value is token for value in tuple(frame.f_locals.values()))
