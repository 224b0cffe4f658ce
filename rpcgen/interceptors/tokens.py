"""Bearer tokens: a client sends one with each call, a server asks for one.

The token travels as ``authorization: Bearer ...`` (RFC 6750) among the metadata of a call, or
once for a connection, as a field of the CONNECT request that opens it: that is the way for
clients which know no metadata, such as stock Go ones with a dialler of their own.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Collection
from typing import Final, TypeAlias, TypeVar

from rpcgen.code import Code
from rpcgen.errors import ServerError
from rpcgen.protocol.context import CallContext
from rpcgen.protocol.interceptors import ClientCall
from rpcgen.protocol.server_interceptors import ServerCall

__all__ = ["AsyncBearerToken", "AsyncTokenAuth", "BearerToken", "TokenAuth"]

Req = TypeVar("Req")
Res = TypeVar("Res")

_FIELD: Final = "authorization"
_SCHEME: Final = "bearer"

Check: TypeAlias = Callable[[str], bool]
AsyncCheck: TypeAlias = Callable[[str], Awaitable[bool]]


class TokenAuth:
    """An interceptor of `rpcgen.Server` that takes calls with a right token alone.

    Others are answered with `Code.UNAUTHENTICATED`, before the handler is begun.

    Args:
        tokens: The right ones, or a function that says whether one is; it may raise a
            `ServerError` of its own, and runs in the thread of the call.
        public: Names of methods that need none, ``Service.Method``.

    Raises:
        TypeError: The tokens are a single text.
        ValueError: One of the tokens is empty.
    """

    def __init__(self, tokens: Collection[str] | Check, *, public: Collection[str] = ()) -> None:
        self._is_right = tokens if callable(tokens) else _one_of(tokens)
        self._public = frozenset(public)

    def __call__(
        self, call: ServerCall[Req, Res], proceed: Callable[[ServerCall[Req, Res]], Res], /
    ) -> Res:
        """Carry out a call whose token is right.

        Raises:
            ServerError: It has none, or a wrong one.
        """
        context = call.context
        if context.method not in self._public and not self._is_right(_token_of(context)):
            raise _unauthenticated()
        return proceed(call)


class AsyncTokenAuth:
    """`TokenAuth` for `rpcgen.aio.Server`.

    Args:
        tokens: The right ones, or a coroutine function that says whether one is.
        public: Names of methods that need none, ``Service.Method``.

    Raises:
        TypeError: The tokens are a single text.
        ValueError: One of the tokens is empty.
    """

    def __init__(
        self, tokens: Collection[str] | AsyncCheck, *, public: Collection[str] = ()
    ) -> None:
        self._is_right = tokens if callable(tokens) else _awaited(_one_of(tokens))
        self._public = frozenset(public)

    async def __call__(
        self,
        call: ServerCall[Req, Res],
        proceed: Callable[[ServerCall[Req, Res]], Awaitable[Res]],
        /,
    ) -> Res:
        """Carry out a call whose token is right.

        Raises:
            ServerError: It has none, or a wrong one.
        """
        context = call.context
        if context.method not in self._public and not await self._is_right(_token_of(context)):
            raise _unauthenticated()
        return await proceed(call)


class BearerToken:
    """An interceptor of `rpcgen.Client` that sends a token with each call.

    Where the token never changes, ``metadata={"authorization": "Bearer ..."}`` at `rpcgen.dial`
    does the same.

    Args:
        token: The token, or a function that returns the one of the moment.
    """

    def __init__(self, token: str | Callable[[], str]) -> None:
        self._token = token

    def __call__(
        self, call: ClientCall[Req, Res], proceed: Callable[[ClientCall[Req, Res]], Res], /
    ) -> Res:
        """Carry out a call with the token."""
        token = self._token if isinstance(self._token, str) else self._token()
        call.metadata[_FIELD] = f"Bearer {token}"
        return proceed(call)


class AsyncBearerToken:
    """`BearerToken` for `rpcgen.aio.Client`.

    Args:
        token: The token, or a coroutine function that returns the one of the moment.
    """

    def __init__(self, token: str | Callable[[], Awaitable[str]]) -> None:
        self._token = token

    async def __call__(
        self,
        call: ClientCall[Req, Res],
        proceed: Callable[[ClientCall[Req, Res]], Awaitable[Res]],
        /,
    ) -> Res:
        """Carry out a call with the token."""
        token = self._token if isinstance(self._token, str) else await self._token()
        call.metadata[_FIELD] = f"Bearer {token}"
        return await proceed(call)


def _token_of(context: CallContext) -> str:
    """Return the token of a call, that of its connection if it has none; empty without any."""
    text = context.metadata.get(_FIELD) or context.peer.headers.get(_FIELD, "")
    scheme, _, token = text.partition(" ")
    return token.strip() if scheme.lower() == _SCHEME else ""


def _one_of(tokens: Collection[str]) -> Check:
    """Return a function that compares a token with all the right ones, whichever it is."""
    if isinstance(tokens, str):
        raise TypeError(f"tokens={tokens!r}: write a list of tokens, [{tokens!r}]")
    known = [token.encode() for token in tokens]
    if not all(known):
        raise ValueError("tokens: the empty one is that of a caller who sends none")

    def is_right(token: str) -> bool:
        given = token.encode(errors="surrogateescape")
        # All of them, so that the time tells nothing.
        return sum(hmac.compare_digest(given, each) for each in known) > 0

    return is_right


def _awaited(check: Check) -> AsyncCheck:
    async def is_right(token: str) -> bool:
        return check(token)

    return is_right


def _unauthenticated() -> ServerError:
    return ServerError(
        "unauthenticated: send a valid token as metadata, authorization: Bearer ...",
        code=Code.UNAUTHENTICATED,
    )
