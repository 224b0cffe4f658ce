"""The results as tables in Markdown, which read as well in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from .catalogue import PEERS, TABLES, WORKS
from .codec import MESSAGES, Row
from .growth import GROWTHS
from .results import Results
from .startup import UNWANTED, Start
from .summary import Measurement
from .targets import Verdict

__all__ = ["markdown", "ordered", "table"]

NOT_THERE = "-"

# Heads of the columns of processor time: of a call at each side, and of both together.
_COSTS: Final = ("client's CPU, µs", "server's CPU, µs", "CPU, x rpcgen")


def markdown(results: Results, verdicts: Iterable[Verdict]) -> str:
    """Return the whole report."""
    parts = [
        _heading(results),
        _targets(verdicts),
        *_works(results),
        *_startup(results),
        *_codec(results),
        *_growth(results),
    ]
    return "\n\n".join(parts) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table: the first column to the left, figures to the right."""
    lines = [head, *rows]
    widths = [max(3, *(len(line[column]) for line in lines)) for column in range(len(head))]
    texts = [_line(line, widths) for line in lines]
    rule = "|".join(["", *("-" * (width + 1) + "-:"[n > 0] for n, width in enumerate(widths)), ""])
    return "\n".join([texts[0], rule, *texts[1:]])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    padded = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
    return f"| {' | '.join(padded)} |"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


# --- parts ----------------------------------------------------------------------------------------


def _heading(results: Results) -> str:
    machine = results.machine
    pinned = "both processes on one core" if results.pinned else "not pinned"
    quick = ", quick" if results.quick else ""
    return (
        f"{machine.processor}, {machine.cores} cores, {machine.system}, Python {machine.python}; "
        f"{results.rounds} rounds{quick}, seed {results.seed}, {pinned}."
    )


def _targets(verdicts: Iterable[Verdict]) -> str:
    words = {True: "yes", False: "no", None: NOT_THERE}
    rows = [
        (
            f"({each.target.section}) {each.target.ours}",
            each.target.theirs,
            each.limit_text,
            each.text,
            words[each.met],
        )
        for each in verdicts
    ]
    return "### Targets\n\n" + table(("ours", "beside", "target", "measured", "met"), rows)


def ordered(measurements: Iterable[Measurement]) -> list[Measurement]:
    """Return the measurements of a table, the best first and the failed last."""

    def place(each: Measurement) -> tuple[bool, float]:
        if not each.samples:
            return True, 0.0
        is_rate = WORKS[each.work].figure == "rate"
        return False, -each.rate if is_rate else each.median

    return sorted(measurements, key=place)


def _works(results: Results) -> Iterator[str]:
    for name, measurements in results.tables():
        what = "calls/s" if WORKS[measurements[0].work].figure == "rate" else "time"
        head = ("", "median, µs", "p99, µs", "calls/s", f"{what}, x rpcgen", *_COSTS)
        rows = [
            _work_row(each, results.compared(each), results.compared(each, "processor"))
            for each in ordered(measurements)
        ]
        yield f"### {TABLES[name]}\n\n" + table(head, rows) + _notes(measurements)


def _work_row(
    each: Measurement, compared: float | None, processor: float | None
) -> tuple[str, ...]:
    label = PEERS[each.peer].label(WORKS[each.work])
    if not each.samples:
        return label, "failed", *[NOT_THERE] * 6
    return (
        label,
        _figure(each.median),
        _figure(each.p99),
        _figure(each.rate),
        NOT_THERE if compared is None else f"{compared:.2f}",
        _figure(each.cost.client),
        _figure(each.cost.server),
        NOT_THERE if processor is None else f"{processor:.2f}",
    )


def _notes(measurements: Iterable[Measurement]) -> str:
    """Return why peers have failed, and what is to be known about those of (b)."""
    lines = []
    for each in measurements:
        peer, work = PEERS[each.peer], WORKS[each.work]
        if not each.samples:
            lines.append(f"- {peer.label(work)}: {each.error or 'not measured'}")
        elif peer.note and work.section == "b":
            lines.append(f"- {peer.label(work)}: {peer.note}")
    return "".join(["\n\n", "\n".join(lines)]) if lines else ""


def _startup(results: Results) -> Iterator[str]:
    if results.imports:
        rows = [
            (each.title, "failed" if each.error else _figure(each.milliseconds))
            for each in results.imports
        ]
        text = table(("import", "ms"), rows)
        unwanted = results.imports[0].unwanted
        brought = f"brings along {', '.join(unwanted)}" if unwanted else "brings none of them along"
        notes = [f"Of {', '.join(UNWANTED)}, the generated module {brought}."]
        notes += [f"- {each.title}: {each.error}" for each in results.imports if each.error]
        yield "### (e) Import in a fresh process\n\n" + text + "\n\n" + "\n".join(notes)
    if results.starts:
        head = ("", "server listens, ms", "client's first reply, ms", "server, MB", "client, MB")
        yield (
            "### (e) Start of a process, and memory when idle after a call\n\n"
            + table(head, [_start_row(each) for each in results.starts])
            + "".join(f"\n\n- {PEERS[s.peer].title}: {s.error}" for s in results.starts if s.error)
        )


def _start_row(each: Start) -> tuple[str, ...]:
    title = PEERS[each.peer].title
    if each.error:
        return title, "failed", NOT_THERE, NOT_THERE, NOT_THERE
    return (
        title,
        _figure(each.server_start * 1000),
        _figure(each.first_reply * 1000),
        _figure(each.server_memory / 1e6),
        _figure(each.client_memory / 1e6),
    )


def _codec(results: Results) -> Iterator[str]:
    if results.codec_error:
        yield f"### (f) The codec alone\n\nfailed: {results.codec_error}"
    for message, title in MESSAGES.items():
        rows = [row for row in results.codec if row.message == message]
        if rows:
            head = ("", "encode, µs", "x rpcgen", "decode, µs", "x rpcgen", "bytes")
            cells = [_codec_row(row, rows[0]) for row in rows]
            yield f"### (f) The codec alone: {title}\n\n" + table(head, cells)


def _codec_row(row: Row, ours: Row) -> tuple[str, ...]:
    cells = [row.name]
    for took, mine in ((row.encode, ours.encode), (row.decode, ours.decode)):
        if took is None or mine is None:
            cells += [NOT_THERE, NOT_THERE]
        else:
            cells += [f"{took:.2f}", f"{took / mine:.2f}"]
    return *cells, f"{row.size:,}" if row.size else NOT_THERE


def _growth(results: Results) -> Iterator[str]:
    for name, growth in GROWTHS.items():
        points = {(p.peer, p.size): p for p in results.growth if p.growth == name}
        if not points:
            continue
        sizes = sorted({size for _, size in points})
        rows = [
            (
                PEERS[peer].title,
                *(
                    NOT_THERE
                    if point is None
                    else "failed"
                    if point.error
                    else _figure(point.value)
                    for point in (points.get((peer, size)) for size in sizes)
                ),
            )
            for peer in growth.peers
            if any(peer == found for found, _ in points)
        ]
        errors = [
            f"- {PEERS[p.peer].title}, {p.size:,}: {p.error}" for p in points.values() if p.error
        ]
        yield "\n\n".join(
            [
                f"### (g) {growth.title}, {growth.unit}",
                table(("", *(f"{size:,}" for size in sizes)), rows),
                *errors,
            ]
        )
    if results.idle:
        yield _idle(results)


def _idle(results: Results) -> str:
    idle = results.idle
    assert idle is not None
    title = "### (g) Idle connections on our asyncio server\n\n"
    if idle.error:
        return f"{title}failed at {idle.connections:,}: {idle.error}"
    head = ("", "server, MB", "KB a connection")
    each = (idle.after - idle.before) / idle.connections / 1000
    rows = [
        ("none", _figure(idle.before / 1e6), NOT_THERE),
        (f"{idle.connections:,}", _figure(idle.after / 1e6), _figure(each)),
    ]
    return title + table(head, rows)
