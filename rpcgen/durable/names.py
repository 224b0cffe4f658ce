"""Names of the streams, subjects and consumers of durable calls; without I/O.

Each service has three streams::

    rpcgen-calls-Bank       rpcgen.calls.Bank.Charge.<key>       calls that are not over
    rpcgen-attempts-Bank    rpcgen.attempts.Bank.Charge.<key>    beginnings of these
    rpcgen-replies-Bank     rpcgen.replies.Bank.Charge.<key>     how calls have ended

A subject of calls or replies holds one message, so there is one call of each key, and one reply.
"""

from __future__ import annotations

import re
from typing import Final

from attrs import frozen

__all__ = [
    "MAX_KEY",
    "CallName",
    "attempt_subject_of",
    "checked_key",
    "is_call",
    "reply_subject_of",
    "token",
]

MAX_KEY: Final = 256
"""Maximum length of a key, in bytes of UTF-8."""

_CALLS: Final = "rpcgen.calls."
_ATTEMPTS: Final = "rpcgen.attempts."
_REPLIES: Final = "rpcgen.replies."

_PLAIN: Final = re.compile(r"[^A-Za-z0-9_-]")


def token(text: str) -> str:
    """Return a text as a part of a subject or the name of a stream, where not all may stand.

    Different texts give different tokens: ``a b`` is ``a=20b``.
    """
    return _PLAIN.sub(lambda found: "".join(f"={each:02X}" for each in found[0].encode()), text)


def checked_key(key: object) -> str:
    """Return a key that a durable call can have.

    Raises:
        TypeError: It is no text.
        ValueError: It is empty, too long, or no Unicode.
    """
    if not isinstance(key, str):
        raise TypeError(f"key={key!r}: write a str")
    try:
        size = len(key.encode())
    except UnicodeEncodeError:  # lone surrogates
        raise ValueError(f"key={key!r}: this is no Unicode") from None
    if not 0 < size <= MAX_KEY:
        raise ValueError(f"key={key!r}: write 1 to {MAX_KEY} bytes")
    return key


def is_call(subject: str) -> bool:
    """Return True for the subject of a call."""
    return subject.startswith(_CALLS)


def reply_subject_of(subject: str) -> str:
    """Return the subject of the reply to a call, given that of the call."""
    return _REPLIES + subject.removeprefix(_CALLS)


def attempt_subject_of(subject: str) -> str:
    """Return the subject of the attempts at a call, given that of the call."""
    return _ATTEMPTS + subject.removeprefix(_CALLS)


@frozen
class CallName:
    """Names of what a method's calls need.

    Attributes:
        method: The method on the wire, ``Bank.Charge``.
    """

    method: str

    @property
    def service(self) -> str:
        """Name of the service."""
        return self.method.rpartition(".")[0]

    @property
    def calls(self) -> str:
        """Stream of the calls of the service."""
        return f"rpcgen-calls-{token(self.service)}"

    @property
    def replies(self) -> str:
        """Stream of the replies of the service."""
        return f"rpcgen-replies-{token(self.service)}"

    @property
    def attempts(self) -> str:
        """Stream of the attempts at calls of the service."""
        return f"rpcgen-attempts-{token(self.service)}"

    @property
    def subjects(self) -> tuple[str, str, str]:
        """All subjects of calls, attempts and replies, each with a wildcard."""
        calls, attempts, replies = (
            f"{kind}{token(self.service)}.>" for kind in (_CALLS, _ATTEMPTS, _REPLIES)
        )
        return calls, attempts, replies

    @property
    def consumer(self) -> str:
        """Consumer of the method's calls, which its workers share."""
        return token(self.method.rpartition(".")[2])

    @property
    def filter(self) -> str:
        """Subjects of the method's calls, with a wildcard."""
        return f"{_CALLS}{token(self.service)}.{self.consumer}.*"

    def call_subject(self, key: str) -> str:
        """Return the subject of the call with a key."""
        return f"{_CALLS}{token(self.service)}.{self.consumer}.{token(key)}"

    def reply_subject(self, key: str) -> str:
        """Return the subject of the reply to the call with a key."""
        return reply_subject_of(self.call_subject(key))
