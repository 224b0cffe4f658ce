"""`Decoder`: from a gob stream to values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar, overload

from ..errors import DecodeError, SchemaError, TruncatedError
from ..schema import UNTYPED, Interface, Nothing, Schema, Untyped, schema_of
from . import wire
from .kept import PLAIN, keep
from .limits import Limits
from .numbers import read_int, read_uint
from .registry import ANYTHING, Registry
from .registry import registry as global_registry
from .room import Room

if TYPE_CHECKING:
    from .compile_decode import DecodeFunction

__all__ = ["Decoder", "loads"]

T = TypeVar("T")

_NOTHING = Nothing()
_TIME = schema_of(datetime)

_DEFAULT_LIMITS = Limits()

# Go's own limit.
_LONGEST_NAME = 1024

# What is large, in bytes: too large to be kept, and to be copied as it follows a ``[]byte``.
_LARGE = 65536


class Decoder:
    """One gob stream being read: it remembers the types that the sender has described.

    The counterpart of Go's ``gob.Decoder``, without the reading: `feed` takes
    bytes as they come, in pieces of any size. ``strings`` says what becomes of
    Go strings that are not UTF-8: ``strict`` refuses them, ``surrogateescape``
    keeps their bytes as lone surrogates. ``names`` says what becomes of a field
    of the sender whose name differs from one of ours in case only, so that gob
    passes it over: ``log`` tells it once, as a warning of the logger
    ``rpcgen.gob``, ``strict`` refuses it.
    """

    def __init__(
        self,
        data: bytes = b"",
        *,
        limits: Limits = _DEFAULT_LIMITS,
        strings: Literal["strict", "surrogateescape"] = "strict",
        names: Literal["log", "strict"] = "log",
        registry: Registry = global_registry,
    ) -> None:
        self._limits = limits
        self._largest = limits.message
        self._registry = registry
        self._strings = strings
        self._names = names
        self._types: dict[int, wire.WireType] = {}
        self._functions: dict[tuple[int, Schema[Any], bool], DecodeFunction] = {}
        self._heads: dict[object, dict[bytes, tuple[DecodeFunction, int]]] = {}
        self._untyped: dict[int, Schema[Any]] = {}
        self._data = bytes(data)
        self._pos = 0
        # The place of the data in the stream, for offsets in errors.
        self._base = 0
        # Bytes that were fed since the data was last put together, and their size.
        self._chunks: list[bytes | memoryview] = []
        self._size = 0
        # Where some of the chunks are, if `space` was asked for.
        self._room: Room | None = None
        # How many bytes there must be before it makes sense to look again.
        self._needed = 1
        # What follows the octets that `across` has put together, and where it begins.
        self._tail = b""
        self._after = 0
        # Whether definitions were read whose value has not come yet.
        self._owed = False
        self._broken: DecodeError | None = None
        # Whether generated functions are to look before every step.
        self._careful = False
        # The end of the message that is being decoded; the generated code looks at it.
        self.end = 0

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Add bytes to the end of the stream."""
        if self._pos == len(self._data) and not self._chunks:
            self._base += self._pos
            self._data = bytes(data)
            self._pos = 0
        else:
            self._chunks.append(bytes(data))
            self._size += len(data)

    def space(self) -> memoryview:
        """Return memory for the next bytes of the stream, up to `needed` of them.

        Put them there and say how many with `filled`: what belongs to a large
        message is then copied less often than with `feed`.
        """
        self._room = self._room or Room()
        return self._room.view(self.needed, self._held)

    def filled(self, count: int) -> None:
        """Add the first bytes of the memory that `space` has returned to the stream."""
        assert self._room is not None
        self._chunks.append(self._room.fill(count))
        self._size += count

    @property
    def _held(self) -> int:
        return len(self._data) - self._pos + self._size

    @property
    def pending(self) -> int:
        """How many bytes were fed that belong to no value yet: 0 at a clean end."""
        return len(self._data) - self._pos + self._size or int(self._owed)

    @property
    def needed(self) -> int:
        """How many bytes are missing, as far as is known, after `decode` raised `TruncatedError`.

        At least 1, and no more than a message may have. The sender has said so,
        which is no reason to believe that they will come.
        """
        return max(1, self._needed - self._held)

    @property
    def types(self) -> dict[int, wire.WireType]:
        """The types that the sender has described so far, by their ids."""
        return dict(self._types)

    @overload
    def decode(self, schema: type[T] | Schema[T]) -> T: ...
    @overload
    def decode(self, schema: object = None) -> Any: ...
    def decode(self, schema: object = None) -> Any:
        """Return the next value.

        ``schema`` is a `Schema` or an annotation; without one, the value comes
        as plain Python data, structs as `Record`. Raises `TruncatedError` if
        the bytes fed so far do not hold a whole value: feed more and call
        again. Raises `DecodeError` if they hold something else; the value is
        then passed over, if it can be, so that the next call goes on after it.
        """
        # First on the short way: a value all there, of a type that has come before, without fault.
        count, data, pos = len(self._types), self._data, self._pos
        try:
            size = data[pos]
            start = pos + 1
            if size > 127:
                start += 256 - size
                size = int.from_bytes(data[pos + 1 : start])
            self.end = end = start + size
            if end <= len(data) and size <= self._largest:
                function, width = self._heads[schema][data[start : start + 2]]
                value, pos = function(data, start + width, self, self._limits.depth)
                if pos <= self.end:
                    self._pos, self._owed, self._needed = self.end, False, 1
                    if end > _LARGE:
                        self._let_go()
                    return value
        except Exception:
            pass
        self._forget(count)
        if schema is None:
            return self._next(UNTYPED, schema)
        return self._next(schema if isinstance(schema, Schema) else schema_of(schema), schema)

    def skip(self) -> None:
        """Read the next value and drop it, as Go's ``Decode(nil)`` does. Raises like `decode`."""
        self._next(_NOTHING, _NOTHING)

    def __iter__(self) -> Iterator[Any]:
        """Yield the remaining values without a schema; raise `TruncatedError` if one is cut off."""
        while self.pending:
            yield self.decode()

    # --- messages -----------------------------------------------------------------------------

    def _next(self, schema: Schema[Any], asked: object) -> Any:
        if self._broken is not None:
            raise self._broken
        if self._held < self._needed:
            raise TruncatedError(self._eof())
        if self._chunks:
            count = len(self._types)
            try:
                return self._decode_across(asked)
            except Exception:
                self._forget(count)
                self._gather()
        begin, (id, start) = self._find_value()
        end = self.end
        try:
            value = self._attempt(id, start, schema)
        except (TruncatedError, SchemaError):
            raise
        except Exception as error:
            failure = self._located(error)
            if failure.offset < 0:
                failure = DecodeError(failure.reason, self._base + start, failure.path)
            self._pass_over(id, start, end)
            raise failure from error
        self._remember(id, self._data[begin : begin + 2], start - begin, schema, asked)
        self._consume(self.end)
        self._let_go()
        return value

    def _remember(
        self, id: int, head: bytes, width: int, schema: Schema[Any], asked: object
    ) -> None:
        """Keep the way to a function: from what the caller asked for, and the first two bytes."""
        # A struct has an id of two bytes nearly always; others have a short one, then a 0.
        function = self._functions.get((id, schema, False))
        if function is not None and (width == 2 or (width == 1 and head[1] == 0)):
            self._heads.setdefault(asked, {})[head] = function, width

    def _gather(self) -> None:
        """Put the chunks together."""
        data = b"".join([memoryview(self._data)[self._pos :], *self._chunks])
        self._replace(data, self._pos)

    def _replace(self, data: bytes, step: int) -> None:
        """Go on with other data, which begins so many bytes after this and holds all chunks."""
        self._base += step
        self._data = data
        self._pos = self._size = 0
        self._chunks.clear()
        if self._room is not None:
            self._room.release()
            self._room = None

    def _let_go(self) -> None:
        """Keep no large message that is used up: nothing more may come for long."""
        if self._pos == len(self._data) > _LARGE and not self._chunks:
            self._replace(b"", self._pos)

    def _decode_across(self, asked: object) -> Any:
        """Decode a value that is there in chunks, without putting them together.

        That saves a copy where nearly all of it is one ``[]byte``. Raises
        whatever happens where it does not work.
        """
        data, pos = self._data, self._pos
        _, start = read_uint(data, pos, len(data))
        function, width = self._heads[asked][data[start : start + 2]]
        if "across" not in function.__code__.co_names:
            raise IndexError
        self.end, self._after = pos + self._needed, 0
        value, pos = function(data, start + width, self, self._limits.depth)
        if pos > self.end or not self._after:
            raise IndexError
        self._replace(self._tail, self._after)
        self._consume(self.end)
        return value

    def across(self, data: bytes, pos: int, after: int) -> tuple[bytes, bytes, int]:
        """Return octets that begin in the data and end in a chunk: the generated code calls this.

        Also what follows, and the position in it, to go on with. Raises
        `IndexError` where they are not there, or much follows.
        """
        if data is not self._data:
            raise IndexError
        parts: list[bytes | memoryview] = [memoryview(data)[pos:]]
        missing, chunks = after - len(data), iter(self._chunks)
        last: bytes | memoryview = b""
        for last in chunks:
            if missing <= len(last):
                break
            parts.append(last)
            missing -= len(last)
        parts.append(memoryview(last)[:missing])
        octets = b"".join(parts)
        tail = b"".join([memoryview(last)[missing:], *chunks])
        if len(octets) != after - pos or len(tail) > _LARGE:
            raise IndexError
        self.end -= after
        self._tail, self._after = tail, after
        return octets, tail, 0

    def _find_value(self) -> tuple[int, tuple[int, int]]:
        """Read definitions up to the next value.

        Return where its message begins, its type id and its position.
        """
        while True:
            start = self._message(self._pos)
            try:
                id, pos = read_int(self._data, start, self.end)
                if id >= 0:
                    return start, (id, pos)
                if self._define(-id, pos) < self.end:
                    raise DecodeError("a type definition is followed by other data", pos)
            except DecodeError as error:
                # What the value is that this should have described will never be known.
                error = self._located(error)
                self._break(error)
                raise error from None
            self._consume(self.end)
            self._owed = True

    def _message(self, pos: int) -> int:
        """Return where the message at ``pos`` begins, after its length; `end` becomes its end.

        Raises `TruncatedError` if it is not there as a whole.
        """
        data = self._data
        if pos >= len(data):
            self._await(pos + 1)
        size = data[pos]
        start = pos + 1
        if size > 127:
            start = pos + 257 - size
            if size < 248:
                self._lose_step(f"a length of {256 - size} bytes, which is more than 8", pos)
            if start > len(data):
                self._await(start)
            size = int.from_bytes(data[pos + 1 : start])
        if size > self._largest:
            self._lose_step(f"a message of {size} bytes; the limit is {self._largest}", pos)
        self.end = start + size
        if self.end > len(data):
            self._await(self.end)
        return start

    def _await(self, end: int) -> None:
        self._needed = end - self._pos
        raise TruncatedError(self._eof(), self._base + len(self._data))

    def _eof(self) -> str:
        """Return what Go would say if nothing came any more: a value is cut, or all is over."""
        return "unexpected EOF" if self.pending else "EOF"

    def _lose_step(self, reason: str, pos: int) -> NoReturn:
        error = DecodeError(reason, self._base + pos)
        self._break(error)
        raise error

    def _break(self, error: DecodeError) -> None:
        """Let every further call fail with the same error."""
        self._broken = error
        self._heads.clear()  # no short way any more

    def _consume(self, pos: int) -> None:
        self._pos = pos
        self._owed = False
        self._needed = 1

    # --- types --------------------------------------------------------------------------------

    def _define(self, id: int, pos: int) -> int:
        """Read the definition of ``id``: return the position after it."""
        if id < wire.FIRST_ID or id in self._types:
            raise DecodeError(f"a second definition of type {id}", pos)
        if len(self._types) >= self._limits.types:
            raise DecodeError(f"more than {self._limits.types} type definitions", pos)
        self._types[id], pos = wire.read_definition(self._data, pos, self.end)
        return pos

    def _forget(self, count: int) -> None:
        """Drop all types but the first ``count``, which a failed attempt has brought."""
        if len(self._types) > count:
            self._functions.clear()
            self._heads.clear()
            self._untyped.clear()
            while len(self._types) > count:
                self._types.popitem()

    def _function(self, id: int, schema: Schema[Any]) -> DecodeFunction:
        if isinstance(schema, Untyped):
            schema = self._untyped.get(id) or self._untyped_schema(id)
        function = self._functions.get((id, schema, self._careful))
        if function is None:
            function = self._functions[id, schema, self._careful] = _compiler()(
                self._types,
                id,
                schema,
                strings=self._strings,
                names=self._names,
                careful=self._careful,
            )
        return function

    def _untyped_schema(self, id: int) -> Schema[Any]:
        from .untyped import untyped_schema

        return untyped_schema(self._types, id, self._untyped)

    # --- values -------------------------------------------------------------------------------

    def _attempt(self, id: int, start: int, schema: Schema[Any]) -> Any:
        """Decode the value; `end` is then the end of the last message that it takes."""
        count, end = len(self._types), self.end
        try:
            function = self._functions.get((id, schema, False))
            if function is None:
                function = self._function(id, schema)
            value, pos = function(self._data, start, self, self._limits.depth)
            if pos <= self.end:
                return value
        except TruncatedError:
            self._forget(count)
            raise
        except Exception:
            pass  # now with care, to tell what is wrong, or that Go would not mind
        self._forget(count)
        self._careful, self.end = True, end
        try:
            value, _ = self._function(id, schema)(self._data, start, self, self._limits.depth)
        except Exception:
            self._forget(count)
            raise
        finally:
            self._careful = False
        return value

    def _pass_over(self, id: int, start: int, end: int) -> None:
        """Go to the end of a value that did not decode, keeping the types that it defines."""
        self.end = end
        try:
            self._attempt(id, start, _NOTHING)
        except TruncatedError:
            raise
        except Exception:
            pass  # the first failure is the one to tell
        self._consume(self.end)

    def decode_interface(
        self, data: bytes, pos: int, interface: Interface, depth: int
    ) -> tuple[Any, int]:
        """Read a value with the name of its type: the generated code calls this."""
        self._check_data(data)
        name, pos = self._interface_name(pos, depth)
        if not name:
            interface.zero()  # which fails where nil is not allowed
            return None, pos
        id, pos = self._interface_type(pos)
        schema = self._interface_schema(name, id, interface)
        value, pos = self._function(id, schema)(data, pos, self, depth - 1)
        if name not in PLAIN and not interface.members:
            value = self._kept(value, name, id, schema)
        return value, pos

    def _kept(self, value: Any, name: str, id: int, schema: Schema[Any]) -> Any:
        """Return the value of an interface as one that can be sent again as the same type."""
        if schema is not UNTYPED:
            return keep(value, name)
        if hasattr(type(value), "rpcgen_described"):  # it is new, and nobody else has it yet
            object.__setattr__(value, "go_type", name)
            return value
        return keep(value, name, self._untyped_schema(id))

    def skip_interface(self, data: bytes, pos: int, depth: int) -> int:
        """Pass over a value with the name of its type: the generated code calls this."""
        self._check_data(data)
        name, pos = self._interface_name(pos, depth)
        if name:
            id, pos = self._interface_type(pos)
            _, pos = self._function(id, _NOTHING)(data, pos, self, depth - 1)
        return pos

    def _check_data(self, data: bytes) -> None:
        # What comes after `across` is not where this looks for further messages.
        if data is not self._data:
            raise IndexError

    def _interface_name(self, pos: int, depth: int) -> tuple[str, int]:
        if depth < 0:
            raise DecodeError("values are nested too deeply", pos)
        size, start = read_uint(self._data, pos, self.end)
        after = start + size
        if after > self.end:
            raise DecodeError(f"a type name of {size} bytes does not fit the message", pos)
        if size > _LONGEST_NAME:
            raise DecodeError(f"a type name of {size} bytes", pos)
        return self._data[start:after].decode("utf-8", "surrogateescape"), after

    def _interface_type(self, pos: int) -> tuple[int, int]:
        """Read definitions up to the value in an interface: return its type id and position."""
        while True:
            id, pos = read_int(self._data, pos, self.end)
            if id >= 0:
                break
            pos = self._define(-id, pos)
            # A definition ends a message. The next one follows in the message that this one
            # is part of, else in the stream; either way its length comes first.
            if pos < self.end:
                _, pos = read_uint(self._data, pos, self.end)
            else:
                pos = self._message(pos)
        # The size of the value helps those who cannot tell its structure.
        _, pos = read_uint(self._data, pos, self.end)
        return id, pos

    def _interface_schema(self, name: str, id: int, interface: Interface) -> Schema[Any]:
        if interface is ANYTHING:
            return UNTYPED
        if not interface.members:
            schema = self._registry.by_name(name)
            if schema is None:
                raise DecodeError(f"{name!r} is not registered; call rpcgen.gob.register")
            return _any_time() if schema is _TIME else schema
        for member in interface.members:
            known = self._registry.name_of(member) or member.name
            if name.removeprefix("*") == known.removeprefix("*"):
                return member
        names = " | ".join(member.cls.__name__ for member in interface.members)
        raise DecodeError(f"{name!r} is no member of {names}")

    def _located(self, error: Exception) -> DecodeError:
        """Return the error to raise for one that came out of decoding."""
        from .source import place_of

        if error is self._broken and isinstance(error, DecodeError):
            return error
        place = place_of(error)
        offset = -1 if place.position is None else self._base + place.position
        if isinstance(error, DecodeError):
            if error.offset >= 0:
                offset = self._base + error.offset
            return DecodeError(error.reason, offset, place.path)
        if isinstance(error, RecursionError):
            return DecodeError("values are nested too deeply", offset)
        if isinstance(error, UnicodeDecodeError):
            return DecodeError(
                "a string that is not UTF-8: pass strings='surrogateescape' to keep its bytes",
                offset,
                place.path,
            )
        if isinstance(error, TypeError) and str(error).startswith("unhashable type"):
            return DecodeError(f"the key of a map has an {error}", offset, place.path)
        return DecodeError(f"{type(error).__name__}: {error}", offset, place.path)


@cache
def _any_time() -> Schema[Any]:
    """Return the schema of a time in ``Any``, where it need not be a `datetime`."""
    from .untyped import opaque_schema

    return opaque_schema("Time", "gob")


@cache
def _compiler() -> Callable[..., DecodeFunction]:
    """Import what compiles, when the first value comes."""
    from .decode_functions import decode_function

    return decode_function


@overload
def loads(
    data: bytes,
    schema: type[T] | Schema[T],
    *,
    strings: Literal["strict", "surrogateescape"] = "strict",
    names: Literal["log", "strict"] = "log",
) -> T: ...
@overload
def loads(
    data: bytes,
    schema: object = None,
    *,
    strings: Literal["strict", "surrogateescape"] = "strict",
    names: Literal["log", "strict"] = "log",
) -> Any: ...
def loads(
    data: bytes,
    schema: object = None,
    *,
    strings: Literal["strict", "surrogateescape"] = "strict",
    names: Literal["log", "strict"] = "log",
) -> Any:
    """Return the one value that ``data``, a whole gob stream, holds.

    ``schema`` is a `Schema` or an annotation; without one, the value comes as
    plain Python data. ``strings`` and ``names`` are those of `Decoder`. Raises
    `DecodeError` if the bytes hold something else, or anything after the value;
    `TruncatedError` if they end too early.
    """
    decoder = Decoder(data, strings=strings, names=names)
    value = decoder.decode(schema)
    if decoder.pending:
        raise DecodeError("there is more after the value", len(data) - decoder.pending)
    return value
