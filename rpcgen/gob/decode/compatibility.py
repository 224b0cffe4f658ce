"""Check that a sender's types go into ours, once for each pair, before values are decoded."""

from __future__ import annotations

from typing import Any, Final

from ..._interrupts import reraise_interrupt
from ...errors import DecodeError
from ...schema import Empty, Schema, Untyped
from ...schema.plan import Node, Op, plan_of
from ...values.limits import Limits
from ...values.types import strip_pointers
from .. import wire
from ..near_names import check_names
from .match import Types, check_fields_in_common, form_of, parts_of, sent_fields

__all__ = ["TypeChecks"]

# Number of times that all fields that a stream may bring may be compared with ours.
_MOST_COMPARED: Final = 2


class TypeChecks:
    """Knowledge of one stream about its types and ours.

    Args:
        types: The types that the sender has described, which grow with the stream.
        strict_names: What becomes of fields whose names differ in case only; see `Decoder`.
        limits: See `Decoder`.
    """

    def __init__(self, types: Types, strict_names: bool, limits: Limits) -> None:
        self._types = types
        self._strict_names = strict_names
        self._limits = limits
        # Types that were asked for with what they should become: why that cannot be, if so.
        self._checked: dict[tuple[int, Schema[Any]], str] = {}
        # All that go together, and how many fields were looked at to find out.
        self._matching: set[tuple[int, Schema[Any]]] = set()
        self._compared = 0

    def forget(self) -> None:
        """Forget what is known of types, of which some are gone."""
        self._checked.clear()
        self._matching.clear()

    def check(self, id: int, schema: Schema[Any]) -> None:
        """Look whether a type goes into a schema, wherever in it that may be.

        Raises:
            DecodeError: If not, each time.
        """
        if isinstance(schema, Untyped | Empty):
            return
        reason = self._checked.get((id, schema))
        if reason is None:
            reason = self._checked[id, schema] = self._reason_against(id, schema)
        if reason:
            raise DecodeError(reason)

    def _reason_against(self, id: int, schema: Schema[Any]) -> str:
        nodes, root = plan_of(strip_pointers(schema))
        try:
            self._check_top(id, nodes[root])
            self._check_parts(id, nodes, nodes[root])
        except DecodeError as error:
            reraise_interrupt(error)
            return error.reason
        return ""

    def _check_top(self, id: int, node: Node) -> None:
        known = self._types.get(id)
        if node.op is not Op.STRUCT or not isinstance(known, wire.StructType):
            return
        self._spend(len(known.fields))
        try:
            check_fields_in_common(self._types, id, node)
        except DecodeError as error:
            reraise_interrupt(error)
            check_names(known, node.schema, strict_names=True)  # which tells more, if it is that
            raise

    def _check_parts(self, id: int, nodes: tuple[Node, ...], node: Node) -> None:
        waiting = [(id, node)]
        found: set[tuple[int, Schema[Any]]] = set()
        while waiting:
            id, node = waiting.pop()
            while node.number != node.plain:
                node = nodes[node.plain]
            # Several plans may have the same type, and what was found of it holds for all.
            pair = id, node.schema
            if pair not in self._matching and pair not in found:
                found.add(pair)
                waiting += [(part, nodes[number]) for part, number in self._parts(id, nodes, node)]
        self._matching |= found

    def _parts(self, id: int, nodes: tuple[Node, ...], node: Node) -> list[tuple[int, int]]:
        """Return the pairs that must go together for this one to do so."""
        self._spend(1)
        known = self._types.get(id)
        node = form_of(nodes, node, known)
        if node.op is not Op.STRUCT or not isinstance(known, wire.StructType):
            return list(parts_of(self._types, id, nodes, node))
        self._spend(len(known.fields))
        check_names(known, node.schema, self._strict_names)
        return [(part, ours.node) for _, part, ours in sent_fields(known, node) if ours]

    def _spend(self, fields: int) -> None:
        self._compared += fields
        if self._compared > _MOST_COMPARED * self._limits.fields:
            raise DecodeError("types have too many fields to be compared (Limits.fields)")
