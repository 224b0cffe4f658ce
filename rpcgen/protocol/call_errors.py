"""Errors that calls of a client end with: those that a response says, and those that it makes."""

from __future__ import annotations

from typing import Any, TypeVar

from rpcgen._interrupts import reraise_interrupt
from rpcgen.code import Code
from rpcgen.errors import DeadlineExceededError, RpcError, ServerError
from rpcgen.method import Method

from .headers import ExtendedResponse, Response

__all__ = ["deadline_error", "server_error", "unstarted", "with_header"]

E = TypeVar("E", bound=RpcError)


def deadline_error(method: str) -> DeadlineExceededError:
    """Return the error of a call of this method that was not over at its deadline."""
    return DeadlineExceededError(
        f"{method}: not over at its deadline, and given up: allow it more time by timeout="
    )


def server_error(method: Method[Any, Any], response: Response) -> ServerError:
    """Return the exception for an error response whose body is none."""
    declared = method.raised_from(response.error) if method.raises else None
    return with_header(declared or ServerError(response.error), response)


def with_header(error: ServerError, response: Response) -> ServerError:
    """Return an error with what the header of its response has of it beyond Go's."""
    if not isinstance(response, ExtendedResponse):
        return error
    attributes = vars(error)  # as it may be of a frozen class
    if response.code:
        attributes["code"] = _code(response.code)
    if response.metadata:
        attributes["metadata"] = response.metadata
    if response.unstarted:
        attributes["started"] = False
    if response.raised:
        attributes["_text"] = response.error
    return error


def _code(number: int) -> Code:
    try:
        return Code(number)
    except ValueError as error:
        reraise_interrupt(error)
        return Code.UNKNOWN


def unstarted(error: E) -> E:
    """Return the error of a call that the server has certainly not begun."""
    error.started = False
    return error
