"""`Decoder`: from a gob stream to values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar, overload

from .._interrupts import reraise_interrupt
from ..errors import DecodeError, SchemaError, TruncatedError
from ..schema import UNTYPED, Interface, Nothing, Opaque, Schema, Struct, Untyped, schema_of
from ..values.kept import PLAIN, keep
from ..values.limits import Limits
from ..values.registry import ANYTHING, Registry
from ..values.registry import registry as global_registry
from . import wire
from .memory import KEPT, most_per_byte, size_of
from .numbers import SIGNED, read_int, read_uint
from .options import check_choice
from .receive_buffer import ReceiveBuffer

if TYPE_CHECKING:
    from .interpret import Interpreter
    from .streams import DecodeFunction, DecodeStream
    from .untyped import Origin

__all__ = ["Decoder", "loads"]

T = TypeVar("T")

_NOTHING = Nothing()
_TIME = schema_of(datetime)

_DEFAULT_LIMITS = Limits()

# Go's own limit.
_LONGEST_NAME = 1024

# Below this limit of nesting there is no code that is fast but not exact about it.
_SHALLOW = 8

# What a stream may cost before the bytes that it has brought count.
_SPARE_BYTES = 1 << 16

# How often values may be decoded that did not come as a whole.
_MOST_REPEATED = 32

# So many bytes of definitions, most of which are names, a stream may bring for each field.
_FIELD_SIZE = 256

# How often all fields that a stream may bring may be compared with ours.
_MOST_COMPARED = 2

# So many types are looked at to find out whether a value can be passed over at once.
_MANY_TYPES = 100

# How much of a stream is looked at together, unless a message is larger.
_WINDOW = 1 << 18

_OPAQUE_SIZE = 300
_BITS_PER_DIGIT = 3.33

# What is large, in bytes: too large to be kept, and to be copied as it follows a ``[]byte``.
_LARGE = 65536


# Type definitions that `Decoder.ahead` passes over at most.
_MOST_LOOKED_AT = 64


class _TooLargeError(DecodeError):
    """A value that would take too much memory: to look at it again would not help."""


class _Account:
    """What a stream has cost so far."""

    __slots__ = (
        "bytes_interpreted",
        "checked",
        "compared",
        "defining",
        "described",
        "fields",
        "lines",
        "matching",
        "overrun",
        "repeated",
        "sizes",
    )

    def __init__(self) -> None:
        # Fields that all types have together, and the bytes of the definitions up to each.
        self.fields = 0
        self.sizes = [0]
        # Bytes that were read without a function of their own, which pays for one, and the lines
        # of code that were bought.
        self.bytes_interpreted = 0
        self.lines = 0
        # Bytes that were read once more: beyond the ends of messages, and in values begun again.
        self.overrun = 0
        self.repeated = 0
        # Types that were asked for with what they should become: why that cannot be, if so.
        self.checked: dict[tuple[int, Schema[Any]], str] = {}
        # All that go together, and how many fields were looked at to find out.
        self.matching: set[tuple[int, Schema[Any]]] = set()
        self.compared = 0
        # Types that came without a schema: whether they hold structs without being one.
        self.described: dict[int, bool] = {}
        # Types that were looked at after a failure: whether their values may describe types.
        self.defining: dict[int, bool] = {}

    def forget(self) -> None:
        """Forget what is known of types, of which some are gone."""
        self.checked.clear()
        self.matching.clear()
        self.described.clear()
        self.defining.clear()


class Decoder:
    """One gob stream being read: it remembers the types that the sender has described.

    The counterpart of Go's ``gob.Decoder``, without the reading: `feed` takes
    bytes as they come, in pieces of any size. ``strings`` says what becomes of
    Go strings that are not UTF-8: ``strict`` refuses them, ``surrogateescape``
    keeps their bytes as lone surrogates. ``names`` says what becomes of a field
    of the sender whose name differs from one of ours in case only, so that gob
    passes it over: ``log`` tells it once, as a warning of the logger
    ``rpcgen.gob``, ``strict`` refuses it. Raises `ValueError` for another word
    for one of these.
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
        if strings != "strict":
            check_choice("strings", strings)
        if names != "log":
            check_choice("names", names)
        self.limits = limits
        self._largest = limits.message
        self._registry = registry
        self._strings = strings
        self._names = names
        self._types: dict[int, wire.WireType] = {}
        # By type, what it is decoded into, and whether memory is counted.
        self._functions: dict[tuple[int, Schema[Any], bool], DecodeFunction | _Interpreted] = {}
        # By what the caller asks for and the first two bytes: the function, how many of the bytes
        # it does not want to see, and how many there may be, which it may read beyond the message.
        self._heads: dict[object, dict[bytes, tuple[DecodeFunction, int, int]]] = {}
        # What interface values of a type need: the function, what a value counts, and whether it
        # may have to remember its Go type, which a message of ours has not.
        self._in_interfaces: dict[tuple[int, Schema[Any]], tuple[DecodeFunction, int, bool]] = {}
        self._interpreter_made: Interpreter | None = None
        # CPython finds attributes faster as long as an object has no more than 30.
        self.account = _Account()
        # What may still be taken in memory for the value that is being decoded.
        self.room_left = 0
        self._data = bytes(data)
        self._pos = 0
        # The place of the data in the stream, for offsets in errors.
        self._base = 0
        # Bytes that were fed since the data was last put together, and their size.
        self._chunks: list[bytes | memoryview] = []
        self._size = 0
        # Where some of the chunks are, if `space` was asked for.
        self._receive_buffer: ReceiveBuffer | None = None
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
        self._receive_buffer = self._receive_buffer or ReceiveBuffer()
        return self._receive_buffer.get_buffer(self.needed, self._held)

    def filled(self, count: int) -> None:
        """Add the first bytes of the memory that `space` has returned to the stream."""
        assert self._receive_buffer is not None
        self._chunks.append(self._receive_buffer.commit(count))
        self._size += count

    @property
    def _held(self) -> int:
        return len(self._data) - self._pos + self._size

    @property
    def pending(self) -> int:
        """How many bytes were fed that belong to no value yet: 0 at a clean end."""
        return len(self._data) - self._pos + self._size or (1 if self._owed else 0)

    @property
    def needed(self) -> int:
        """How many bytes are missing, as far as is known, after `decode` raised `TruncatedError`.

        At least 1, and no more than a message may have. The sender has said so,
        which is no reason to believe that they will come.
        """
        return max(1, self._needed - self._held)

    @property
    def ahead(self) -> int:
        """Size in bytes of the next value with its definitions, 0 unless all of it is there.

        0 as well for a ``[]byte`` or string by itself, which is no more work
        than a copy. An estimate: interface values can continue in messages of
        their own, and of many definitions not all are looked at.
        """
        data, pos, held = self._data, self._pos, self._held
        if self._needed > 1 or self._chunks:
            size = max(self._needed, held if self._needed == 1 else 0)
            return 0 if held < size or _is_copy(data, pos) else size
        for _ in range(_MOST_LOOKED_AT):
            start, after = _bounds(data, pos)
            if not start < after <= len(data):
                return 0
            if not _is_negative(data, start):
                return 0 if _is_copy(data, pos) else after - self._pos
            pos = after
        return held

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
            function, width, most = self._heads[schema][data[start : start + 2]]
            if end <= len(data) <= most:
                value, pos = function(data, start + width, self, self.limits.depth)
                if pos <= self.end:
                    self._pos, self._owed, self._needed = self.end, False, 1
                    if end > _LARGE:
                        self._let_go()
                    return value
        except Exception as error:
            # A schema that has not come before needs no closer look.
            if type(error) is not KeyError or error.args != (schema,):
                reraise_interrupt(error)
        self._forget(count)
        if schema is None:
            return self._next(UNTYPED, schema)
        return self._next(schema if isinstance(schema, Schema) else schema_of(schema), schema)

    def skip(self) -> None:
        """Read the next value and drop it, as Go's ``Decode(nil)`` does. Raises like `decode`."""
        self.decode(_NOTHING)

    def next_type(self) -> int:
        """Return the id of the next value's type, which `types` has then if it is not basic.

        Raises `DecodeError` like `decode`, but passes no value over.
        """
        if self._broken is not None:
            raise self._broken
        if self._held < self._needed:
            raise TruncatedError(self._eof())
        if self._chunks:
            self._gather()
        _, (id, _) = self._find_value()
        return id

    def accepts(self, id: int, schema: Schema[Any]) -> bool:
        """Say whether values of a type that has been described go into a schema."""
        try:
            self._function(id, schema, False)
        except Exception as error:
            reraise_interrupt(error)
            return not isinstance(error, DecodeError)  # what else is wrong, decoding finds out
        return True

    def __iter__(self) -> Iterator[Any]:
        """Yield the remaining values without a schema; raise `TruncatedError` if one is cut off."""
        while self.pending:
            yield self.decode()

    # --- messages -----------------------------------------------------------------------------

    def _next(self, schema: Schema[Any], asked: object) -> Any:
        while True:
            if self._broken is not None:
                raise self._broken
            if self._held < self._needed:
                raise TruncatedError(self._eof())
            try:
                return self._next_held(schema, asked)
            except TruncatedError:
                if not self._chunks or self._held < self._needed:
                    raise

    def _next_held(self, schema: Schema[Any], asked: object) -> Any:
        """Return the next value, of which all is there that was known to be needed."""
        if self._chunks:
            count = len(self._types)
            try:
                return self._decode_across(asked)
            except Exception as error:
                reraise_interrupt(error)
                self._forget(count)
                self._gather()
        elif len(self._data) - self._pos > 4 * _WINDOW:
            self._split()
        begin, (id, start) = self._find_value()
        end = self.end
        try:
            value = self._attempt(id, start, schema)
        except (TruncatedError, SchemaError):
            raise
        except Exception as error:
            reraise_interrupt(error)
            failure = self._located(error)
            if failure.offset < 0:
                failure = DecodeError(failure.reason, self._base + start, failure.path)
            self._pass_over(id, start, end)
            raise failure from error
        self._remember(id, self._data[begin : begin + 2], start - begin, schema, asked)
        self._consume(self.end)
        self._let_go()
        if schema is UNTYPED and self._holds_described(id):
            return keep(value, "", self._interpreter.origin(id))
        return value

    def _remember(
        self, id: int, head: bytes, width: int, schema: Schema[Any], asked: object
    ) -> None:
        """Keep the way to a function: from what the caller asked for, and the first two bytes."""
        # A struct has an id of two bytes nearly always; others have a short one, then a 0.
        if not (width == 2 or (width == 1 and head[1] == 0)) or self._distrusts:
            return
        most = self._most_bytes(schema)
        function = self._functions.get((id, schema, most is None))
        if function is not None and not isinstance(function, _Interpreted):
            if most is None:
                most = self._largest
            if schema is UNTYPED and self._holds_described(id):
                function = _keeping(function, self._interpreter.origin(id))
            self._heads.setdefault(asked, {})[head] = function, width, most

    def _holds_described(self, id: int) -> bool:
        """Say whether a value that came without a schema has to remember its type."""
        known = self.account.described.get(id)
        if known is None:
            from .untyped import holds_described

            known = self.account.described[id] = holds_described(self._types, id)
        return known

    def _gather(self) -> None:
        """Put the chunks together: as much as the next message needs, and some more."""
        rest = memoryview(self._data)[self._pos :]
        wanted = 2 * self._needed + _WINDOW
        if self._receive_buffer is not None or self._held <= wanted + _WINDOW:
            self._replace(b"".join([rest, *self._chunks]), self._pos)
            return
        parts, missing = [rest], wanted - len(rest)
        chunks: Iterator[bytes | memoryview] = iter(self._chunks)
        for chunk in chunks:
            parts.append(memoryview(chunk)[:missing])
            missing -= len(chunk)
            if missing <= 0:
                chunks = chain([memoryview(chunk)[missing:]] if missing else [], chunks)
                break
        self._chunks = list(chunks)
        self._size -= wanted - len(rest)
        self._base += self._pos
        self._data, self._pos = b"".join(parts), 0

    def _split(self) -> None:
        """Set aside most of the data, if the next message is a small part of it.

        What is read beyond the end of a message is then bounded.
        """
        data, pos = self._data, self._pos
        size = (
            data[pos] if data[pos] < 128 else int.from_bytes(data[pos + 1 : pos + 257 - data[pos]])
        )
        if size > _WINDOW:
            return
        self._chunks.append(memoryview(data)[pos:])
        self._size = len(data) - pos
        self._base += pos
        self._data, self._pos = b"", 0
        self._gather()

    def _replace(self, data: bytes, step: int) -> None:
        """Go on with other data, which begins so many bytes after this and holds all chunks."""
        self._base += step
        self._data = data
        self._pos = self._size = 0
        self._chunks.clear()
        if self._receive_buffer is not None:
            self._receive_buffer.release()
            self._receive_buffer = None

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
        function, width, most = self._heads[asked][data[start : start + 2]]
        if "across" not in function.__code__.co_names:
            raise IndexError("the value has no part that may be in chunks")
        self.end, self._after = pos + self._needed, 0
        if self.end > start + most:
            raise IndexError("the value is too large to go uncounted")
        value, pos = function(data, start + width, self, self.limits.depth)
        if pos > self.end or not self._after:
            raise IndexError("no part of the value is in chunks")
        self._replace(self._tail, self._after)
        self._consume(self.end)
        return value

    def across(self, data: bytes, pos: int, after: int) -> tuple[bytes, bytes, int]:
        """Return octets that begin in the data and end in a chunk: the generated code calls this.

        Also what follows, and the position in it, to go on with. Raises
        `IndexError` where they are not there, or much follows.
        """
        if data is not self._data:
            raise IndexError("a second part in chunks")
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
            raise IndexError("the octets are not there, or much follows")
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
                reraise_interrupt(error)
                # What the value is that this should have described will never be known.
                if error is not self._broken:
                    offset = self._base + error.offset if error.offset >= 0 else -1
                    error = DecodeError(error.reason, offset)
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
            self._lose_step(
                f"a message of {size} bytes; the limit is {self._largest} (Limits.message)", pos
            )
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
        if len(self._types) >= self.limits.types:
            raise DecodeError(f"more than {self.limits.types} type definitions (Limits.types)", pos)
        left = self.limits.fields - self.account.fields
        start = pos
        known, pos = wire.read_definition(self._data, pos, self.end, left)
        size, most = self.account.sizes[-1] + pos - start, _FIELD_SIZE * self.limits.fields
        if size > most:
            raise DecodeError(f"type definitions of more than {most} bytes (Limits.fields)", start)
        self.account.sizes.append(size)
        self._types[id] = known
        if isinstance(known, wire.StructType):
            self.account.fields += len(known.fields)
        return pos

    def _forget(self, count: int) -> None:
        """Drop all types but the first ``count``, which a failed attempt has brought."""
        if len(self._types) > count:
            self._functions.clear()
            self._heads.clear()
            self._in_interfaces.clear()
            self.account.forget()
            if self._interpreter_made is not None:
                self._interpreter_made.forget()
            while len(self._types) > count:
                _, dropped = self._types.popitem()
                self.account.sizes.pop()
                if isinstance(dropped, wire.StructType):
                    self.account.fields -= len(dropped.fields)

    @property
    def _interpreter(self) -> Interpreter:
        if self._interpreter_made is None:
            from .interpret import Interpreter

            self._interpreter_made = Interpreter(self, self._types, self._strings)
        return self._interpreter_made

    def _function(self, id: int, schema: Schema[Any], is_counted: bool) -> DecodeFunction:
        """Return the function for a type; it looks before every step in a careful attempt.

        Raises `DecodeError` if the type does not go into the schema.
        """
        if self._careful:
            self._check(id, schema)
            return _Interpreted(id, schema)
        function = self._functions.get((id, schema, is_counted))
        if function is None:
            function = _Interpreted(id, schema)
            self._functions[id, schema, is_counted] = function
        if isinstance(function, _Interpreted):
            return self._compiled(id, schema, is_counted, function)
        return function

    def _check(self, id: int, schema: Schema[Any]) -> None:
        """Look once whether a type goes into the schema. Raises `DecodeError` each time if not."""
        if isinstance(schema, Untyped | Nothing):
            return
        account = self.account
        if (id, schema) not in account.checked:
            from .interpret import check_types

            try:
                check_types(self._types, id, schema, self._names, account.matching, self._compare)
            except DecodeError as error:
                account.checked[id, schema] = error.reason
            else:
                account.checked[id, schema] = ""
        reason = account.checked[id, schema]
        if reason:
            raise DecodeError(reason)

    def _compare(self, fields: int) -> None:
        self.account.compared += fields
        if self.account.compared > _MOST_COMPARED * self.limits.fields:
            raise DecodeError("types have too many fields to be compared (Limits.fields)")

    def _compiled(
        self, id: int, schema: Schema[Any], is_counted: bool, function: _Interpreted
    ) -> DecodeFunction:
        """Return a compiled function in place of an interpreted one, if the stream has paid it."""
        compiled, bytes_per_line, free_lines = _compiler()
        account = self.account
        lines = free_lines + account.bytes_interpreted // bytes_per_line - account.lines
        if function.price is None or lines <= function.price:
            self._check(id, schema)
            return function
        price, function.price = lines, None
        made, cost = compiled(
            self._types,
            id,
            schema,
            strings=self._strings,
            names=self._names,
            counted=is_counted,
            lines=lines,
            check=lambda: self._check(id, schema),
        )
        account.lines += cost
        function.price = price + cost
        if made is None:
            self._check(id, schema)
            return function
        self._functions[id, schema, is_counted] = made
        return made

    def _most_bytes(self, schema: Schema[Any]) -> int | None:
        """Return how large a message may be whose memory need not be counted, if any."""
        most = most_per_byte(schema)
        return most and min(self.limits.decoded // most, self._largest)

    # --- values -------------------------------------------------------------------------------

    def _attempt(self, id: int, start: int, schema: Schema[Any]) -> Any:
        """Decode the value; `end` is then the end of the last message that it takes."""
        count, end, depth = len(self._types), self.end, self.limits.depth
        if self._interpreter_made is not None:
            self._interpreter_made.begin()
        try:
            if not self._distrusts:
                most = self._most_bytes(schema)
                is_counted = most is None or len(self._data) > start + most
                self.room_left = self.limits.decoded
                function = self._function(id, schema, is_counted)
                value, pos = function(self._data, start, self, depth)
                if pos <= self.end:
                    return value
        except TruncatedError:
            self._forget(count)
            self._begin_again(start)
            raise
        except _TooLargeError:
            self._forget(count)
            raise
        except Exception as error:
            reraise_interrupt(error)
            # Now with care, to tell what is wrong, or that Go would not mind.
        self.account.overrun += len(self._data) - self._pos
        self._forget(count)
        self._careful, self.end = True, end
        self._interpreter.begin()
        self.room_left = self.limits.decoded
        try:
            value, _ = self._function(id, schema, True)(self._data, start, self, depth)
        except TruncatedError:
            self._forget(count)
            self._begin_again(start)
            raise
        except Exception:
            self._forget(count)
            raise
        finally:
            self._careful = False
        return value

    @property
    def _distrusts(self) -> bool:
        """True where functions that may read beyond the ends of messages would do so too often."""
        return self.limits.depth < _SHALLOW or self.account.overrun > _SPARE_BYTES + 2 * (
            self._base + self._pos
        )

    def _begin_again(self, start: int) -> None:
        """Count a value that ends early, and will be decoded from its start again.

        The sender has a value go on in another message for each type that it
        describes, and may send each by itself.
        """
        held = len(self._data) - start
        self.account.repeated += held
        if self.account.repeated > _MOST_REPEATED * (_SPARE_BYTES + self._base + self._pos + held):
            self._lose_step("a value that goes on in too many messages", start)

    def _pass_over(self, id: int, start: int, end: int) -> None:
        """Go to the end of a value that did not decode, keeping the types that it defines."""
        self.end = end
        if not self._may_define(id):
            self._consume(end)
            return
        try:
            self._attempt(id, start, _NOTHING)
        except TruncatedError:
            raise
        except Exception as error:
            reraise_interrupt(error)
            # The first failure is the one to tell.
        self._consume(self.end)

    def _may_define(self, id: int) -> bool:
        """Say whether a value may hold interface values, which may describe further types."""
        known = self.account.defining.get(id)
        if known is None:
            known = self.account.defining[id] = self._leads_to_interface(id)
        return known

    def _leads_to_interface(self, id: int) -> bool:
        """Say whether a type has parts that are interfaces, are not defined yet, or are many."""
        seen, waiting = set[int](), [id]
        while waiting and len(seen) < _MANY_TYPES:
            id = waiting.pop()
            if id in seen:
                continue
            seen.add(id)
            match self._types.get(id):
                case wire.StructType(fields=fields):
                    waiting += {field for _, field in fields}
                case wire.SliceType(element=element) | wire.ArrayType(element=element):
                    waiting.append(element)
                case wire.MapType(key=key, value=value):
                    waiting += key, value
                case None if id == wire.INTERFACE or id >= wire.FIRST_ID:
                    return True
        return bool(waiting)

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
        known = self._in_interfaces.get((id, schema))
        if known is None or self._careful or depth < _SHALLOW:
            known = self._for_interfaces(id, schema, depth)
        function, size, may_be_kept = known
        self.room_left -= size
        if self.room_left < 0:  # as `charge` would find, but the call takes time
            self.charge(0)
        value, pos = function(data, pos, self, depth - 1)
        if may_be_kept and name not in PLAIN and not interface.members:
            value = self._kept(value, name, id, schema)
        return value, pos

    def _for_interfaces(
        self, id: int, schema: Schema[Any], depth: int
    ) -> tuple[DecodeFunction, int, bool]:
        if depth < _SHALLOW and not self._careful:
            raise IndexError("so near the limit of nesting, there must be care")
        self.charge(0)
        known = self._function(id, schema, True), size_of(schema), not isinstance(schema, Struct)
        if not isinstance(known[0], _Interpreted):
            self._in_interfaces[id, schema] = known
        return known

    def _kept(self, value: Any, name: str, id: int, schema: Schema[Any]) -> Any:
        """Return the value of an interface as one that can be sent on as the same type."""
        if schema is not UNTYPED:
            kept = keep(value, name)
        elif hasattr(type(value), "rpcgen_described"):  # new, and in nobody's hands yet
            object.__setattr__(value, "go_type", name)
            return value
        else:
            kept = keep(value, name, self._interpreter.origin(id))
        if kept is not value:
            self.charge(KEPT)
        return kept

    def skip_interface(self, data: bytes, pos: int, depth: int) -> int:
        """Pass over a value with the name of its type: the generated code calls this."""
        self._check_data(data)
        name, pos = self._interface_name(pos, depth)
        if name:
            id, pos = self._interface_type(pos)
            _, pos = self._interpreter.decode(id, _NOTHING, data, pos, depth - 1)
        return pos

    def skip_value(self, data: bytes, pos: int, id: int, depth: int) -> int:
        """Pass over a value that nobody has asked for: the generated code calls this."""
        return self._interpreter.skip(id, data, pos, depth)

    def charge(self, size: int) -> None:
        """Count memory that a value is about to take. Raises `DecodeError` where it is too much."""
        self.room_left -= size
        if self.room_left < 0:
            raise _TooLargeError(
                f"a value of more than {self.limits.decoded} bytes in memory (Limits.decoded)"
            )

    def charge_elements(self, count: int, size: int, pos: int) -> None:
        """Count the memory of elements that begin at ``pos``: the generated code calls this."""
        if count > self.end - pos:
            raise IndexError("more elements than bytes")
        self.charge(count * size)

    def short(self, octets: bytes) -> bytes:
        """Return the octets of a number. Raises `DecodeError` for more than `Limits.digits`."""
        # Numerator and denominator, which must be divided by what they have in common.
        if len(octets) > 5 + 2 * self.limits.digits * _BITS_PER_DIGIT / 8:
            raise DecodeError(
                f"a number of {len(octets)} bytes, "
                f"which has more than {self.limits.digits} digits (Limits.digits)"
            )
        return octets

    def unmarshal(self, schema: Opaque[Any], octets: bytes) -> Any:
        """Return the value of a type that encodes itself."""
        from ..values.record import Undecoded
        from .opaque import unmarshaller

        if schema.cls is Undecoded or schema.name == "big.Rat":
            self.short(octets)
        return unmarshaller(schema)(octets)

    def guess(self, known: wire.OpaqueType, octets: bytes) -> Any:
        """Return the value of a type that encodes itself, of which only the name is known."""
        from .opaque import guess

        if known.name == "Rat":
            self.short(octets)
        self.charge(_OPAQUE_SIZE)
        return guess(known.name, known.encoding, octets)

    def _check_data(self, data: bytes) -> None:
        # What comes after `across` is not where this looks for further messages.
        if data is not self._data:
            raise IndexError("interface values are not read from chunks")

    def _interface_name(self, pos: int, depth: int) -> tuple[str, int]:
        if depth < 1:
            raise DecodeError("values are nested too deeply (Limits.depth)", pos)
        if pos < self.end and (size := self._data[pos]) < 128:  # without a call
            start = pos + 1
        else:
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
            if pos < self.end and (id := SIGNED[self._data[pos]]) >= 0 and self._data[pos] < 128:
                pos += 1
                break
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
        if pos < self.end and self._data[pos] < 128:
            return id, pos + 1
        _, pos = read_uint(self._data, pos, self.end)
        return id, pos

    def _interface_schema(self, name: str, id: int, interface: Interface) -> Schema[Any]:
        if interface is ANYTHING:
            return UNTYPED
        if not interface.members:
            schema = self._registry.by_name(name)
            if schema is None:
                raise DecodeError(f"{name!r} is not registered; call rpcgen.gob.register")
            if schema is _TIME:
                from .opaque import ANY_TIME

                return ANY_TIME
            return schema
        for member in interface.members:
            known = self._registry.name_of(member) or member.name
            if name.removeprefix("*") == known.removeprefix("*"):
                return member
        names = " | ".join(member.cls.__name__ for member in interface.members)
        raise DecodeError(f"{name!r} is no member of {names}")

    def _located(self, error: Exception) -> DecodeError:
        """Return the error to raise for one that came out of decoding."""
        from .source import is_ours

        if error is self._broken and isinstance(error, DecodeError):
            return error
        path, pos = self._interpreter.path, self._interpreter.pos
        offset = -1 if pos < 0 else self._base + pos
        if isinstance(error, DecodeError):
            if error.offset >= 0:
                offset = self._base + error.offset
            return DecodeError(error.reason, offset, path)
        if isinstance(error, RecursionError):
            return DecodeError("values are nested too deeply", offset)
        if isinstance(error, UnicodeDecodeError) and is_ours(error):
            return DecodeError(
                "a string that is not UTF-8: pass strings='surrogateescape' to keep its bytes",
                offset,
                path,
            )
        if isinstance(error, TypeError) and str(error).startswith("unhashable type"):
            return DecodeError(f"the key of a map has an {error}", offset, path)
        return DecodeError(f"{type(error).__name__}: {error}", offset, path)


def _bounds(data: bytes, pos: int) -> tuple[int, int]:
    """Return where the message at ``pos`` begins after its length, and ends; 0, 0 if unknown."""
    try:
        size = data[pos]
        if size < 128:
            return pos + 1, pos + 1 + size
        start = pos + 257 - size
        return start, start + int.from_bytes(data[pos + 1 : start])
    except IndexError:
        return 0, 0


def _is_negative(data: bytes, pos: int) -> bool:
    """Say whether the int at ``pos`` is negative, as the ids of definitions are."""
    first = data[pos]
    last = pos if first < 128 else pos + 256 - first
    return data[last : last + 1] != b"" and bool(data[last] & 1)


def _is_copy(data: bytes, pos: int) -> bool:
    """Say whether the value at ``pos`` is a ``[]byte`` or a string, by the ids of those."""
    start, _ = _bounds(data, pos)
    return start > 0 and data[start : start + 1] in (b"\x0a", b"\x0c")


def _keeping(function: DecodeFunction, origin: Origin) -> DecodeFunction:
    """Return a function whose values remember their type."""

    def decode(data: bytes, pos: int, stream: DecodeStream, depth: int) -> tuple[Any, int]:
        value, pos = function(data, pos, stream, depth)
        return keep(value, "", origin), pos

    return decode


@cache
def _compiler() -> tuple[Callable[..., tuple[DecodeFunction | None, int]], int, int]:
    """Return what compiles functions, and what that costs: imported when it is needed."""
    from .decode.functions import BYTES_PER_LINE, FREE_LINES, compiled

    return compiled, BYTES_PER_LINE, FREE_LINES


class _Interpreted:
    """A decode function that walks the types.

    ``price`` is how many lines a stream must be able to pay before it is worth
    trying to compile; None where that has no sense.
    """

    def __init__(self, id: int, schema: Schema[Any]) -> None:
        self._id = id
        self._schema = schema
        self.price: int | None = 0

    def __call__(self, data: bytes, pos: int, stream: Any, depth: int) -> tuple[Any, int]:
        value, after = stream._interpreter.decode(self._id, self._schema, data, pos, depth)
        stream.account.bytes_interpreted += after - pos
        return value, after


@overload
def loads(
    data: bytes,
    schema: type[T] | Schema[T],
    *,
    strings: Literal["strict", "surrogateescape"] = "strict",
    names: Literal["log", "strict"] = "log",
    limits: Limits = _DEFAULT_LIMITS,
) -> T: ...
@overload
def loads(
    data: bytes,
    schema: object = None,
    *,
    strings: Literal["strict", "surrogateescape"] = "strict",
    names: Literal["log", "strict"] = "log",
    limits: Limits = _DEFAULT_LIMITS,
) -> Any: ...
def loads(
    data: bytes,
    schema: object = None,
    *,
    strings: Literal["strict", "surrogateescape"] = "strict",
    names: Literal["log", "strict"] = "log",
    limits: Limits = _DEFAULT_LIMITS,
) -> Any:
    """Return the one value that ``data``, a whole gob stream, holds.

    ``schema`` is a `Schema` or an annotation; without one, the value comes as
    plain Python data. ``strings``, ``names`` and ``limits`` are those of
    `Decoder`. Raises `DecodeError` if the bytes hold something else, or anything
    after the value; `TruncatedError` if they end too early.
    """
    decoder = Decoder(data, limits=limits, strings=strings, names=names)
    value = decoder.decode(schema)
    if decoder.pending:
        raise DecodeError("there is more after the value", len(data) - decoder.pending)
    return value
