"""From a plan to Python functions that make its values of JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rpcgen._implementation import IS_ACCELERATED
from rpcgen._interrupts import import_apart, reraise_interrupt
from rpcgen.errors import DecodeError, SchemaError
from rpcgen.schema import Schema, Untyped
from rpcgen.schema.plan import Node, Op, Plan, plan_of
from rpcgen.values.collisions import check_merged, dict_of, merges_keys, steerable
from rpcgen.values.durations import duration_of

from ..errors import MismatchError
from ..numbers import collisions_limit
from ..structs import DecodeFunction, StructReader
from .keys import key_of
from .opaque import itself_of, opaque_of
from .scalars import bytes_of, enum_of, float_of, int_of, ip_of, items_of, scalar_of, uint_of
from .untyped import interface_of, plain

__all__ = ["Decoders", "decoders_of"]

_known: dict[Schema[Any], Decoders] = {}


def decoders_of(schema: Schema[Any]) -> Decoders:
    """Return the functions that decode values of a schema, made at first use.

    Args:
        schema: The schema.

    Returns:
        The functions, the same object for the same schema.

    Raises:
        SchemaError: If the type of a field cannot travel.
    """
    decoders = _known.get(schema)
    if decoders is None:
        decoders = _known[schema] = Decoders(schema)
    return decoders


class Decoders:
    """The functions for the types of one plan.

    Args:
        schema: The schema whose plan it is.

    Attributes:
        plan: The plan; that of an unknown type has nothing to tell.
        root: Function for values of the schema.
        in_python: The same without the accelerator.
    """

    def __init__(self, schema: Schema[Any]) -> None:
        self._functions: dict[int, DecodeFunction] = {}
        self.root: DecodeFunction = plain
        self.in_python: DecodeFunction = plain
        if isinstance(schema, Untyped):
            self.plan = Plan((), -1)
            return
        self.plan = plan_of(schema)
        self.root = self.in_python = self._function(self.plan.root)
        if IS_ACCELERATED:
            self.root = self._first

    def _first(self, value: Any) -> Any:
        """Decode the first value, and have the accelerator do it from now on."""
        import_apart("rpcgen.gojson.accelerated")
        from ..accelerated import decoder_of

        self.root = self.in_python
        try:
            self.root = decoder_of(self.plan, self._function, self.in_python)
        except SchemaError as error:  # of a part that this value may not have
            reraise_interrupt(error)
        return self.root(value)

    def takes(self, node: Node, value: object) -> bool:
        """Say whether a value fits a type of the plan.

        Args:
            node: The type.
            value: A parsed value.

        Returns:
            True if it can be decoded.
        """
        try:
            self._function(node.number)(value)
        except (MismatchError, DecodeError):
            return False
        return True

    def _function(self, number: int) -> DecodeFunction:
        function = self._functions.get(number)
        if function is None:
            function = self._functions[number] = self._make(self.plan.nodes[number])
        return function

    def _make(self, node: Node) -> DecodeFunction:
        if node.number == node.plain:
            return self._make_plain(node)
        function = self._function(node.plain)
        if node.make is not None:
            function = _converted(node.make, function)
        return _nullable(function) if node.nullable else function

    def _make_plain(self, node: Node) -> DecodeFunction:
        match node.op:
            case Op.BOOL:
                return scalar_of(node.go, bool)
            case Op.INT:
                return int_of(node.go, node.bits)
            case Op.UINT:
                return uint_of(node.go, node.bits)
            case Op.FLOAT:
                return float_of(node)
            case Op.COMPLEX:
                return scalar_of(node.go, complex)
            case Op.STRING:
                return scalar_of(node.go, str)
            case Op.BYTES:
                return ip_of(node) if node.schema.name == "net.IP" else bytes_of(node)
            case Op.LIST:
                return _slice(node, self._function(node.children[0]))
            case Op.ARRAY:
                return self._array(node)
            case Op.MAP:
                return self._map(node)
            case Op.STRUCT:
                return self._struct(node)
            case Op.INTERFACE:
                return interface_of(node)
            case Op.OPAQUE:
                return self._opaque(node)
            case Op.EMPTY:
                return lambda value: None
            case Op.ENUM:
                return enum_of(node, self._base(node))
            case Op.DURATION:
                return _converted(duration_of, int_of(node.go))
        raise AssertionError(f"no JSON for {node!r}")

    def _base(self, node: Node) -> Node:
        """Return what travels of an enum, any other type as it is."""
        return self.plan.nodes[node.children[0]] if node.op is Op.ENUM else node

    def _opaque(self, node: Node) -> DecodeFunction:
        decode_text = opaque_of(node)
        if node.other < 0:
            return decode_text
        decode_array = self._function(node.other)
        return lambda value: (decode_array if value.__class__ is list else decode_text)(value)

    def _array(self, node: Node) -> DecodeFunction:
        decode_items = items_of(self._function(node.children[0]))
        zero_of_element = self.plan.nodes[node.children[0]].zero
        go, zero, length, container = node.go, node.zero, node.length, node.container

        def decode_array(value: Any) -> Any:
            if value is None:
                return zero()
            if value.__class__ is not list:
                raise MismatchError(value, go)
            items = decode_items(value[:length])
            items += [zero_of_element() for _ in range(length - len(items))]
            return container(items)

        return decode_array

    def _map(self, node: Node) -> DecodeFunction:
        declared = self.plan.nodes[node.children[0]].declared
        decode_key, decode_value = self._key(node.children[0]), self._function(node.children[1])
        is_steerable, is_merging, go = steerable(declared), merges_keys(declared), node.go

        def decode_map(value: Any) -> dict[Any, Any]:
            if value is None:
                return {}
            if value.__class__ is not tuple:
                raise MismatchError(value, go)
            key = ""
            try:
                if is_steerable:
                    pairs = []
                    for key, item in value:
                        pairs.append((decode_key(key), decode_value(item)))
                    items = dict_of(pairs, collisions_limit())
                else:
                    items = {}
                    for key, item in value:
                        known = decode_key(key)
                        items[known] = decode_value(item)
            except MismatchError as error:
                error.path.append(key)
                raise
            if is_merging and len(items) < len(value):
                check_merged(items, len({key for key, _ in value}))
            return items

        return decode_map

    def _key(self, number: int) -> Callable[[str], Any]:
        declared = self.plan.nodes[number]
        node = self.plan.nodes[declared.inner]
        decode_key = key_of(node, self._base(node), self._function(node.number))
        return decode_key if declared.make is None else _converted(declared.make, decode_key)

    def _struct(self, node: Node) -> DecodeFunction:
        if hasattr(node.schema.cls, "unmarshal_json"):
            return itself_of(node)
        # Made at first use, since messages may hold themselves.
        reader: StructReader | None = None
        go, zero = node.go, node.zero

        def decode_struct(value: Any) -> Any:
            nonlocal reader
            if reader is None:
                reader = StructReader(
                    self.plan.nodes, node, lambda field: self._function(field.number)
                )
            if value.__class__ is tuple:
                return reader.decode(value)
            if value is None:
                return zero()
            raise MismatchError(value, go)

        return decode_struct


def _nullable(function: DecodeFunction) -> DecodeFunction:
    return lambda value: None if value is None else function(value)


def _converted(make: Callable[[Any], Any], function: DecodeFunction) -> DecodeFunction:
    return lambda value: make(function(value))


def _slice(node: Node, decode_element: DecodeFunction) -> DecodeFunction:
    decode_items = items_of(decode_element)
    go, zero, container = node.go, node.zero, node.container

    def decode_slice(value: Any) -> Any:
        if value.__class__ is list:
            items = decode_items(value)
            return items if container is list else container(items)
        if value is None:
            return zero()
        raise MismatchError(value, go)

    return decode_slice
