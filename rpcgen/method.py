"""`Method`: one remote method, with the types of what it takes and gives."""

from __future__ import annotations

import typing
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any, Generic, TypeVar

from .frozen import Value
from .schema import UNTYPED, Schema, schema_for, schema_of

__all__ = ["Handler", "Method", "untyped_method"]

Req = TypeVar("Req")
Res = TypeVar("Res")


class Method(Generic[Req, Res]):
    """One remote method: its wire name, and the schemas of its request and response.

    The type arguments are the annotations that the schemas are made from, at
    first use, so they are always written out::

        MULTIPLY = Method[Args, int]("Arith.Multiply")
    """

    # Set by Python when a subscripted class is called; see `typing.get_args`.
    __orig_class__: Any

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<Method {self.name}>"

    @cached_property
    def request(self) -> Schema[Req]:
        """The schema of the arguments. Raises `SchemaError` if they cannot travel."""
        return self._schemas[0]

    @cached_property
    def response(self) -> Schema[Res]:
        """The schema of the reply. Raises `SchemaError` if it cannot travel."""
        return self._schemas[1]

    @classmethod
    def of(cls, name: str, request: Schema[Req], response: Schema[Res]) -> Method[Req, Res]:
        """Return a method of these schemas, for those who have no annotations to write."""
        method = cls(name)
        method._schemas = request, response
        return method

    @cached_property
    def _schemas(self) -> tuple[Schema[Any], Schema[Any]]:
        try:
            request, response = typing.get_args(self.__orig_class__)
        except AttributeError:
            raise TypeError(f'write Method[Request, Response]("{self.name}")') from None
        return schema_of(request), schema_of(response)

    def handler(self, function: Callable[[Req], Res]) -> Handler:
        """Return what a server needs to answer this method with ``function``."""
        return Handler(self, function)

    def async_handler(self, function: Callable[[Req], Awaitable[Res]]) -> Handler:
        """Return what an asyncio server needs to answer this method with an ``async def``."""
        return Handler(self, function, is_async=True)


def untyped_method(name: str, args: object, reply: object = None) -> Method[Any, Any]:
    """Return a method that is known by its name alone.

    ``args`` is the value to be sent; ``reply`` the annotation of what comes
    back, or None to take it as it comes.
    """
    return Method.of(name, schema_for(args), UNTYPED if reply is None else schema_of(reply))


class Handler(Value):
    """A method and the function that answers it, one argument in and one value out.

    ``is_async``: the function returns an awaitable, so it needs an asyncio server.
    """

    method: Method[Any, Any]
    function: Callable[[Any], Any]
    is_async: bool = False
