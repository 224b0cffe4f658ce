"""A service whose methods tell what they know of their calls."""

from __future__ import annotations

import threading

from attrs import define, field

import rpcgen
from rpcgen import Code, Handler, Method, Registry, RemoteError, ServerError
from tests.support.timeouts import TIMEOUT_S

__all__ = [
    "BEGUN",
    "DESCRIBE",
    "ENDED",
    "FAIL",
    "LINGER",
    "LOSE",
    "TRAILER",
    "Known",
    "LostError",
    "Patience",
    "register_life",
]


@define
class LostError(RemoteError):
    """A declared exception."""

    name: str
    code = Code.NOT_FOUND


@define
class Known:
    """What a handler has known of its call."""

    method: str = ""
    remaining: float = -1.0
    metadata: dict[str, str] = field(factory=dict)


@define
class Patience:
    """For what to wait, and for how many seconds."""

    name: str
    seconds: float = TIMEOUT_S


DESCRIBE = Method[str, Known]("Life.Describe")
LINGER = Method[str, str]("Life.Linger")
BEGUN = Method[str, bool]("Life.Begun")
ENDED = Method[Patience, bool]("Life.Ended")
TRAILER = Method[str, str]("Life.Trailer")
FAIL = Method[str, str]("Life.Fail")
LOSE = Method[str, str]("Life.Lose", raises=[LostError])


def describe(_: str) -> Known:
    """Return what is known of the call."""
    context = rpcgen.context()
    left = context.remaining
    return Known(context.method, -1.0 if left is None else left, dict(context.metadata))


def trailer(text: str) -> str:
    """Send a text beside the reply."""
    rpcgen.context().reply_metadata["text"] = text
    return text


def fail(text: str) -> str:
    """Answer with an error that has a code and metadata."""
    raise ServerError(text, code=Code.FAILED_PRECONDITION, metadata={"why": text})


def lose(name: str) -> str:
    """Answer with a declared exception."""
    raise LostError(name)


class Events(dict[str, threading.Event]):
    """Events by their names, the same for all threads: a `defaultdict` may make two of a name."""

    def __missing__(self, name: str) -> threading.Event:
        return self.setdefault(name, threading.Event())


def register_life(server: Registry) -> None:
    """Serve ``Life``."""
    begun, ended = Events(), Events()

    def linger(name: str) -> str:
        """Run until nobody waits for it any more, and tell that."""
        begun[name].set()
        if rpcgen.context().wait_cancelled(TIMEOUT_S):
            ended[name].set()
        return name

    def has_begun(name: str) -> bool:
        return begun[name].wait(TIMEOUT_S)

    def has_ended(patience: Patience) -> bool:
        return ended[patience.name].wait(patience.seconds)

    handlers: list[Handler] = [
        DESCRIBE.handler(describe),
        LINGER.handler(linger),
        BEGUN.handler(has_begun),
        ENDED.handler(has_ended),
        TRAILER.handler(trailer),
        FAIL.handler(fail),
        LOSE.handler(lose),
    ]
    server.register_name("Life", handlers)
