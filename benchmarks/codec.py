"""The gob codec alone, beside others, and its cost by the size of a value.

::

    python -m benchmarks.codec [--rounds 21] [--skip-sizes] [--json]

Every round times each contender once, one after the other, so that a machine
that changes its speed does it to all; the table shows medians of the rounds of
processor time, and ratios to ``rpcgen.gob``. Ratios under 1.3 mean nothing.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import attrs
from attrs import frozen

from rpcgen import gob
from rpcgen.schema import Schema, schema_of
from rpcgen.types import Float32, Uint8, Uint64, length

from .contenders import Contender, GoProcess, contenders, missing
from .messages import Args, Item

__all__ = ["MESSAGES", "Row", "main"]

MESSAGES = {
    "call": "header and arguments of Arith.Multiply",
    "order": "10 scalars, 100 structs of 4 fields, a map of 20",
    "ints": "100,000 ints of four bytes",
    "structs": "10,000 structs of 4 fields",
    "map": "map of 10,000 strings to floats",
}

# Objects that keep the interpreter's memory from being given back and taken again with each value,
# which would take as long as all else: a program has such ones.
_ALIVE = [object() for _ in range(1_000_000)][::20_000]

# Time of one batch, in nanoseconds: long beside the clock's own cost.
_BATCH = 4_000_000


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.codec", description=__doc__)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--skip-sizes", action="store_true")
    parser.add_argument("--json", action="store_true", help="print the comparison as JSON alone")
    options = parser.parse_args(arguments)
    with GoProcess() as go:
        rows = [row for message in MESSAGES for row in compare(message, go, options.rounds)]
    if options.json:
        print(json.dumps([attrs.asdict(row) for row in rows]))
        return 0
    print(f"Python {platform.python_version()}, {platform.machine()}; medians of {options.rounds}")
    for message, title in MESSAGES.items():
        show(title, [row for row in rows if row.message == message])
    for line in missing():
        print(f"({line})")
    if not options.skip_sizes:
        show_sizes()
    return 0


# --- beside others --------------------------------------------------------------------------------


@frozen
class Row:
    """A codec and a message: microseconds each way (``None``: it has no such way), and bytes."""

    message: str
    name: str
    encode: float | None
    decode: float | None
    size: int


@frozen
class _Job:
    timer: Callable[[int], int]
    count: int


def compare(message: str, go: GoProcess, rounds: int) -> list[Row]:
    """Measure every codec with one message."""
    entries = list(contenders(message, go))
    jobs = {
        (entry.name, way): _job(timer)
        for entry in entries
        for way, timer in (("encode", _encode_timer(entry)), ("decode", _decode_timer(entry)))
        if timer is not None
    }
    times: dict[tuple[str, str], list[float]] = {key: [] for key in jobs}
    for _ in range(rounds):
        for key, job in jobs.items():
            times[key].append(job.timer(job.count) / job.count / 1000)
    medians = {key: statistics.median(each) for key, each in times.items()}
    return [
        Row(
            message,
            entry.name,
            medians.get((entry.name, "encode")),
            medians.get((entry.name, "decode")),
            entry.size,
        )
        for entry in entries
    ]


def show(title: str, rows: list[Row]) -> None:
    """Print the table for one message; the first row is what the others are compared with."""
    print(f"\n{title}, microseconds\n")
    print(f"{'':28}{'encode':>10}{'ratio':>8}{'decode':>10}{'ratio':>8}{'bytes':>8}")
    for row in rows:
        line = f"{row.name:28}"
        for took, ours in ((row.encode, rows[0].encode), (row.decode, rows[0].decode)):
            if took is None or ours is None:
                line += f"{'-':>10}{'-':>8}"
            else:
                line += f"{took:10.2f}{took / ours:8.2f}"
        print(line + (f"{row.size:8}" if row.size else f"{'':>8}"))


def _encode_timer(entry: Contender) -> Callable[[int], int] | None:
    return entry.timed_encode or (entry.encode and _timer(entry.encode))


def _decode_timer(entry: Contender) -> Callable[[int], int] | None:
    return entry.timed_decode or (entry.decode and _timer(entry.decode))


def _timer(operation: Callable[[], object]) -> Callable[[int], int]:
    def run(count: int) -> int:
        repetitions = [None] * count
        start = time.process_time_ns()
        for _ in repetitions:
            operation()
        return time.process_time_ns() - start

    return run


def _job(timer: Callable[[int], int]) -> _Job:
    """Find how many operations make a batch."""
    count = 1
    while (took := timer(count)) < _BATCH and count < 1 << 20:
        count = max(count * 2, min(count * 100, count * _BATCH // max(took, 1)))
    return _Job(timer, count)


# --- by size --------------------------------------------------------------------------------------

_SIZES = (1_000, 10_000, 100_000, 1_000_000)

# Integers of four bytes each, so that an element is as long at each size.
_FIRST = 1 << 24


def _numbers(count: int) -> range:
    return range(_FIRST, _FIRST + count)


_CONTAINERS: dict[str, Callable[[int], tuple[Any, Any]]] = {
    "[]byte": lambda n: (bytes(n), bytes),
    "string": lambda n: ("x" * n, str),
    "[]bool": lambda n: ([i % 2 == 0 for i in range(n)], list[bool]),
    "[]int": lambda n: (list(_numbers(n)), list[int]),
    "[]uint64": lambda n: (list(_numbers(n)), list[Uint64]),
    "[]uint8 as list": lambda n: ([i % 256 for i in range(n)], list[Uint8]),
    "[]float64": lambda n: ([i + 0.1 for i in range(n)], list[float]),
    "[]float32": lambda n: ([i + 0.5 for i in range(n)], list[Float32]),
    "[]complex128": lambda n: ([complex(i, 0.1) for i in range(n)], list[complex]),
    "[]string": lambda n: ([f"{i:08}" for i in range(n)], list[str]),
    "[][]byte": lambda n: ([b"01234567"] * n, list[bytes]),
    "[][]int": lambda n: ([[i] for i in _numbers(n)], list[list[int]]),
    "[]struct of 2": lambda n: ([Args(i, i + 1) for i in _numbers(n)], list[Args]),
    "[]*struct of 2": lambda n: ([Args(i, i + 1) for i in _numbers(n)], list[Args | None]),
    "[]struct of 4": lambda n: (
        [Item("item", i, i + 0.99, i % 2 == 0) for i in _numbers(n)],
        list[Item],
    ),
    "[n]int": lambda n: (list(_numbers(n)), Annotated[list[int], length(n)]),
    "map[int]int": lambda n: ({i: i for i in _numbers(n)}, dict[int, int]),
    "map[string]float64": lambda n: ({f"{i:08}": i + 0.1 for i in range(n)}, dict[str, float]),
    "map[int]struct of 2": lambda n: ({i: Args(i, i) for i in _numbers(n)}, dict[int, Args]),
    "[]interface of int": lambda n: (["", *_numbers(n - 1)], list[Any]),
    "[]interface of struct": lambda n: ([Args(i, i) for i in _numbers(n)], list[Any]),
}


def show_sizes() -> None:
    """Print what an element costs in values of growing size: it should not change.

    The last column leaves out the smallest size, where a call's own cost shows.
    """
    gob.register(Args)
    print("\nnanoseconds an element, best of 3, by the number of elements\n")
    head = "".join(f"{size:>10,}" for size in _SIZES)
    print(f"{'':24}{'encode':^40}{'decode':^40}")
    print(f"{'':24}{head}{head}{'worst/best':>12}")
    for name, make in _CONTAINERS.items():
        encodes, decodes = [], []
        for size in _SIZES:
            value, annotation = make(size)
            schema = schema_of(annotation)
            data = gob.dumps(value, schema)
            encodes.append(_best(partial(gob.dumps, value, schema)) / size)
            decodes.append(_best(partial(_decode, data, schema)) / size)
        spread = max(max(each) / min(each) for each in (encodes[1:], decodes[1:]))
        row = "".join(f"{took:10.1f}" for took in (*encodes, *decodes))
        print(f"{name:24}{row}{spread:12.1f}")


def _decode(data: bytes, schema: Schema[Any]) -> object:
    return gob.Decoder(data, limits=_ROOMY).decode(schema)


_ROOMY = gob.Limits(message=1 << 30, decoded=1 << 33)


def _best(operation: Callable[[], object]) -> int:
    """Return the nanoseconds of the processor, which others on the machine do not add to."""
    times = []
    operation()  # compiles
    gc.disable()  # its cost depends on everything else that lives
    try:
        for _ in range(3):
            start = time.process_time_ns()
            operation()
            times.append(time.process_time_ns() - start)
    finally:
        gc.enable()
    return min(times)


if __name__ == "__main__":
    sys.exit(main())
