"""Source of a struct's fields: which are sent, and how far each is from the one before."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Final, NamedTuple, Protocol

from ...schema.plan import Node, Op
from ..source import Source

__all__ = ["ONE_STEP", "StructWriter", "ValueWriter"]

ONE_STEP: Final = r"b'\1'"
"""The step to a field that follows at once, as source."""


class ValueWriter(Protocol):
    """Writes the values of fields."""

    def element(self, node: Node, variable: str) -> None:
        """Write lines that append the value, zero or not."""
        ...

    def data(self, node: Node, variable: str, long: str = ...) -> str | None:
        """Return an expression for the bytes of the value, where there is a simple one."""
        ...

    def parts(self, node: Node, variable: str, next: str = ...) -> list[str] | None:
        """Return expressions for the bytes of one field among others, if there are any."""
        ...


class _Simple(NamedTuple):
    """A field whose bytes expressions tell: by themselves, or as items of a tuple.

    ``next`` has the step to the field in front.
    """

    path: str
    node: Node
    local: str
    present: str | None
    data: str
    parts: list[str]
    next: list[str]


# Number of bools in a row that may be there or not; each doubles the code.
_BOOLS: Final = 3


class StructWriter:
    """Writes the fields of one struct, each after the number of steps from the one before.

    Fields that expressions tell the bytes of are written in runs. If all of a
    run are there, which is usual, one line adds them; else, or if it fails,
    they are taken one by one.
    """

    def __init__(
        self,
        compiler: ValueWriter,
        nodes: tuple[Node, ...],
        source: Source,
        count: int,
        leave: str,
    ) -> None:
        self._compiler = compiler
        self._nodes = nodes
        self._source = source
        self._count = count
        # The statement after which nothing more is done for the struct, if there is one.
        self._leave = leave
        self._steps = source.variable("step")
        # True if the steps to the next field are 1, as far as known while the code is written.
        self._next = True
        self._run: list[_Simple] = []

    def add(self, path: str, node: Node, local: str) -> None:
        """Add a field whose value, converted already, is in a local variable."""
        if node.op is Op.OPAQUE and not node.nullable:
            self._run.append(self._opaque(path, node, local))
            return
        plain = self._nodes[node.plain]
        present = self._present(node, local)
        compiler = self._compiler
        data = compiler.data(plain, local, "after_size({}, out, stream)")
        parts, following = compiler.parts(plain, local), compiler.parts(plain, local, "NEXT_")
        if data is not None and parts is not None and following is not None:
            self._run.append(_Simple(path, node, local, present, data, parts, following))
            return
        self._end_run()
        with self._source.at(path, node.go, local):
            if node.op is Op.LIST:
                # Before it is asked whether it is empty, which a string can be as well.
                present_or_nil = f"{local} is not None and " if node.nullable else ""
                with self._source.block(f"if {present_or_nil}{local}.__class__ is not list:"):
                    self._source.line(f"{local} = elements({local})")
            self._send_if(present, lambda: self._compiler.element(plain, local))

    def end(self) -> None:
        """Write what is left to write of the struct."""
        self._end_run(last=True)

    def _opaque(self, path: str, node: Node, local: str) -> _Simple:
        """Return a field whose zero is known by its bytes: Go looks at the value itself."""
        from ..opaque import marshaller, zero_bytes

        marshal = self._source.constant(marshaller(node.schema), "marshal")
        with self._source.at(path, node.go, local):
            self._source.line(f"{local} = {marshal}({local})")
        zero = zero_bytes(node.schema)
        present = None if zero is None else f"{local} != {zero!r}"
        data = f"sized({local})"
        return _Simple(path, node, local, present, data, [data], [ONE_STEP, data])

    def _end_run(self, last: bool = False) -> None:
        source, run, self._run = self._source, self._run, []
        later: list[_Simple] = []
        while run and not last and run[-1].node.op is Op.BOOL:
            # Its presence shows in the step to what follows, which is not here.
            later.insert(0, run.pop())
        conditions, items = self._together(run, last)
        if run:
            if not self._next:
                conditions.insert(0, f"{self._steps} == 1")
            leave = self._leave if last else ""
            added = source.variable("added")
            if not leave:
                source.line(f"{added} = False")
            with source.block("try:"):
                with source.block(f"if {' and '.join(conditions) or 'True'}:"):
                    source.line(f"out += ({', '.join(items)},)")
                    source.line(leave or f"{added} = True")
                    if not last:
                        source.line(f"{self._steps} = 1")
            with source.block("except Exception as error:"):
                # Taken one by one they say which it is.
                source.line("reraise_interrupt(error)")
            with nullcontext() if leave else source.block(f"if not {added}:"):
                self._one_by_one(run)
                if last:
                    source.line(r"out.append(b'\0')")
                elif self._next:
                    source.line(f"{self._steps} = 1")
            # Both branches have set the variable.
            self._next = False
        elif last:
            source.line(r"out.append(b'\0')")
        self._one_by_one(later)

    def _one_by_one(self, run: list[_Simple]) -> None:
        source = self._source
        for simple in run:
            with source.at(simple.path, simple.node.go, simple.local):
                data = simple.data
                self._send_if(simple.present, lambda: source.line(f"out.append({data})"))  # noqa: B023

    def _together(self, run: list[_Simple], last: bool) -> tuple[list[str], list[str]]:
        """Return expressions for the bytes of all of a run, and when they are right.

        All must be there but the bools, which are False as often as True.
        """
        conditions: list[str] = []
        items: list[str] = []
        bools: list[str] = []
        for simple in run:
            local = simple.local
            is_bool = simple.node.op is Op.BOOL
            if is_bool and not simple.node.nullable and len(bools) < _BOOLS:
                conditions.append(f"({local} is True or {local} is False)")
                bools.append(local)
                continue
            if is_bool:
                conditions.append(f"{local} is True")
            elif simple.present:
                conditions.append(simple.present)
            if bools:
                items += [_bytes_of_bools(bools, b""), *simple.parts]
                bools = []
            else:
                items += simple.next
        if last:
            items.append(_bytes_of_bools(bools, b"\0"))
        return conditions, items

    def _send_if(self, present: str | None, send: Callable[[], None]) -> None:
        """Write the steps and the value, if it is to be sent."""
        source = self._source
        if present is None:
            self._send(send)
            self._next = True
            return
        if self._next:
            source.line(f"{self._steps} = 1")
        self._next = False
        with source.block(f"if {present}:"):
            self._send(send)
            source.line(f"{self._steps} = 1")
        with source.block("else:"):
            source.line(f"{self._steps} += 1")

    def _send(self, send: Callable[[], None]) -> None:
        steps = f"UINT[{self._steps}]" if self._count < 512 else f"uint_bytes({self._steps})"
        self._source.line(f"out.append({ONE_STEP if self._next else steps})")
        send()

    def _present(self, node: Node, local: str) -> str | None:
        """Return the condition under which Go sends the field, None if it always does."""
        pointer = f"{local} is not None" if node.nullable else None
        condition = self._not_zero(node, local)
        return " and ".join(part for part in (pointer, condition) if part) or None

    def _not_zero(self, node: Node, local: str) -> str | None:
        schema = node.schema
        match node.op:
            case Op.STRUCT | Op.EMPTY | Op.ARRAY | Op.MAP | Op.OPAQUE:
                return None
            case Op.INTERFACE:
                return f"{local} is not None" if schema.nullable else None
            case Op.ENUM:
                zero = schema.cls._value2member_map_.get(schema.base.zero())
                if zero is None:
                    return f"{local}.value"
                return f"{local} is not {self._source.constant(zero, 'zero')}"
            case Op.BOOL:
                return f"{local} is not False"
            case Op.FLOAT | Op.INT | Op.UINT | Op.COMPLEX:
                return f"{local} != 0"
            case Op.STRING | Op.BYTES if not node.children:
                return f"{local} != {schema.zero()!r}"
            case Op.DURATION:
                return f"{local} != {self._source.constant(schema.zero(), 'zero')}"
        return local


def _bytes_of_bools(bools: list[str], end: bytes, before: bytes = b"", steps: int = 1) -> str:
    """Return an expression for bools in a row, and the step to what follows, or the ``end``."""
    if not bools:
        return repr(before + (end or bytes((steps,))))
    there = _bytes_of_bools(bools[1:], end, before + bytes((steps, 1)))
    absent = _bytes_of_bools(bools[1:], end, before, steps + 1)
    return f"({there} if {bools[0]} is True else {absent})"
