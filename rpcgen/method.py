"""`Method`: one remote method, with the types of what it takes and gives.

Generated modules make one for each method, whether it is called or not. So schemas, and what
makes them, are imported when the first is asked for.
"""

from __future__ import annotations

import typing
from collections.abc import Awaitable, Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ._records import ValueRecord

if TYPE_CHECKING:
    from .errors import RemoteError
    from .schema import Schema
    from .types.calls import Raised

__all__ = ["Handler", "Method", "untyped_method"]

Req = TypeVar("Req")
Res = TypeVar("Res")


class Method(Generic[Req, Res]):
    """One remote method: its wire name, and the schemas of its request and response.

    The type arguments are the annotations that the schemas are made from, at
    first use, so they are always written out::

        MULTIPLY = Method[Args, int]("Arith.Multiply")

    Args:
        name: The name on the wire, ``Service.Method``.
        raises: Exceptions that the IDL declares for it, which travel with their fields; each
            alone, or with the text that Go knows it by.
        timeout: Default time limit in seconds of a call, None for none.
        idempotent: True if a call may be repeated, whatever has become of it.
        durable: True if its calls may be left to a queue, which keeps them.
    """

    # Set by Python when a subscripted class is called; see `typing.get_args`.
    __orig_class__: Any

    def __init__(
        self,
        name: str,
        *,
        raises: Iterable[type[RemoteError] | tuple[type[RemoteError], str]] = (),
        timeout: float | None = None,
        idempotent: bool = False,
        durable: bool = False,
    ) -> None:
        self.name = name
        self.raises = _raised(raises) if raises else ()
        self.timeout = timeout
        self.idempotent = idempotent
        self.durable = durable

    def __repr__(self) -> str:
        return f"<Method {self.name}>"

    @cached_property
    def request(self) -> Schema[Req]:
        """The schema of the arguments.

        Raises:
            SchemaError: The annotation has no counterpart on the wire.
            TypeError: The method was made without its type arguments.
        """
        return self._schemas[0]

    @cached_property
    def response(self) -> Schema[Res]:
        """The schema of the reply.

        Raises:
            SchemaError: The annotation has no counterpart on the wire.
            TypeError: The method was made without its type arguments.
        """
        return self._schemas[1]

    @classmethod
    def of(cls, name: str, request: Schema[Req], response: Schema[Res]) -> Method[Req, Res]:
        """Return a method of these schemas, where there are no annotations to write.

        Args:
            name: The name on the wire, ``Service.Method``.
            request: The schema of the arguments.
            response: The schema of the reply.

        Returns:
            A method that looks for no type arguments.
        """
        method = cls(name)
        method._schemas = request, response
        return method

    def renamed(self, name: str) -> Method[Req, Res]:
        """Return the same method under another name.

        Args:
            name: The name on the wire, ``Service.Method``.
        """
        method = Method[Req, Res](
            name,
            raises=[(each.error, each.text) for each in self.raises],
            timeout=self.timeout,
            idempotent=self.idempotent,
            durable=self.durable,
        )
        method._schemas = self._schemas
        return method

    @cached_property
    def _raised_schemas(self) -> dict[str, tuple[Raised, Schema[Any]]]:
        from .schema import schema_of

        schemas = [(each, schema_of(each.error)) for each in self.raises]
        return {schema.go: (each, schema) for each, schema in schemas}

    def raised_as(self, name: str) -> Schema[Any] | None:
        """Return the schema of a declared exception.

        Args:
            name: Its name on the wire, ``arith.DivideByZero``.

        Returns:
            The schema, or None if the method declares no such exception.
        """
        found = self._raised_schemas.get(name) if self.raises else None
        return None if found is None else found[1]

    def raised_from(self, text: str) -> RemoteError | None:
        """Return the declared exception that the text of a Go server's error stands for, if any.

        Args:
            text: The text.
        """
        for each in self.raises:
            error = each.match(text)
            if error is not None:
                return error
        return None

    def declares(self, error: BaseException) -> tuple[str, Schema[Any], str] | None:
        """Say how an exception travels that the method declares, itself or a class it extends.

        Args:
            error: What the handler has raised.

        Returns:
            The name on the wire, the schema of the class, and the text for peers that know
            only that; None if the method declares no such exception.
        """
        if not self.raises:
            return None
        from .errors import RemoteError

        if not isinstance(error, RemoteError):
            return None
        by_class = {
            each.error: (name, schema, each)
            for name, (each, schema) in self._raised_schemas.items()
        }
        for cls in type(error).__mro__:
            if cls in by_class:
                name, schema, raised = by_class[cls]
                return name, schema, raised.text_of(error)
        return None

    @cached_property
    def _schemas(self) -> tuple[Schema[Any], Schema[Any]]:
        from .schema import schema_of

        try:
            request, response = typing.get_args(self.__orig_class__)
        except AttributeError:
            raise TypeError(f'write Method[Request, Response]("{self.name}")') from None
        return schema_of(request), schema_of(response)

    def handler(self, function: Callable[[Req], Res]) -> Handler:
        """Return what a server needs to answer this method with a function.

        Args:
            function: Called with the arguments; returns the reply, or raises what the caller gets
                as a `ServerError`. An asyncio server runs it in a thread.

        Returns:
            A handler for `Registry.register_name`.
        """
        return Handler(self, function)

    def async_handler(self, function: Callable[[Req], Awaitable[Res]]) -> Handler:
        """Return what an asyncio server needs to answer this method with an ``async def``.

        Args:
            function: Called with the arguments on the event loop; its result is awaited for the
                reply.

        Returns:
            A handler for `Registry.register_name` of an asyncio server.
        """
        return Handler(self, function, is_async=True)


def _raised(
    raises: Iterable[type[RemoteError] | tuple[type[RemoteError], str]],
) -> tuple[Raised, ...]:
    from .types.calls import Raised  # most methods declare none

    return tuple(Raised(*each) if isinstance(each, tuple) else Raised(each) for each in raises)


def untyped_method(name: str, args: object, reply: object = None) -> Method[Any, Any]:
    """Return a method that is known by its name alone.

    Args:
        name: The name on the wire, ``Service.Method``.
        args: The value to be sent, which has the schema of its Python type.
        reply: The annotation of what comes back, or None to take it as it comes.

    Returns:
        A method for one call.

    Raises:
        SchemaError: The value or the annotation has no counterpart on the wire.
    """
    from .schema import UNTYPED, schema_for, schema_of

    return Method.of(name, schema_for(args), UNTYPED if reply is None else schema_of(reply))


class Handler(ValueRecord):
    """A method and the function that answers it, one argument in and one value out.

    Attributes:
        method: The remote method.
        function: Called with the arguments; returns the reply or an awaitable of it.
        is_async: True if the function returns an awaitable, which needs an asyncio server.
    """

    method: Method[Any, Any]
    function: Callable[[Any], Any]
    is_async: bool = False
