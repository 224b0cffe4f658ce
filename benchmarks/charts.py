"""The results as charts: bars of characters, and a PNG."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .catalogue import PEERS, TABLES, WORKS
from .results import Results
from .summary import Measurement
from .tables import ordered

__all__ = ["bar", "draw", "text"]

_WIDTH = 40
_EIGHTHS = " ▏▎▍▌▋▊▉█"

_OURS, _THEIRS = "#c0392b", "#7f8c8d"


def text(results: Results) -> str:
    """Return a bar for each measurement, with its figure, p99 and ratio."""
    return "\n\n".join(_text(results, *chart) for chart in _charts(results)) + "\n"


def _charts(results: Results) -> Iterator[tuple[str, list[Measurement]]]:
    for name, measurements in results.tables():
        rows = [each for each in ordered(measurements) if each.samples]
        if rows:
            yield name, rows


def _text(results: Results, name: str, rows: list[Measurement]) -> str:
    longest = max(map(_value, rows))
    width = max(len(_label(each)) for each in rows)
    bars = [
        f"{_label(each):>{width}} {bar(_value(each) / longest)} {_value(each):,.0f}"
        f" (p99 {each.p99:,.0f} µs{_ratio(results, each)})"
        for each in rows
    ]
    return "\n".join([f"{_plain(TABLES[name])}: {_axis(rows[0])}", *bars])


def bar(share: float) -> str:
    """Return a bar of ``share`` of the whole width, to an eighth of a character."""
    whole, eighths = divmod(max(1, round(share * _WIDTH * 8)), 8)
    return _EIGHTHS[8] * whole + _EIGHTHS[eighths].strip()


def _label(each: Measurement) -> str:
    return PEERS[each.peer].label(WORKS[each.work])


def _is_rate(each: Measurement) -> bool:
    return WORKS[each.work].figure == "rate"


def _value(each: Measurement) -> float:
    return each.rate if _is_rate(each) else each.median


def _ratio(results: Results, each: Measurement) -> str:
    compared = results.compared(each)
    return "" if compared is None else f", {compared:.2f}x"


def _axis(each: Measurement) -> str:
    return "calls/s, more is better" if _is_rate(each) else "median in µs, less is better"


def _plain(title: str) -> str:
    return title.replace("`", "")


def draw(results: Results, path: Path) -> None:
    """Draw a PNG: a dot for each figure, with its ratio, and of latencies a line to the p99.

    Raises `ImportError` without matplotlib.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter

    charts = list(_charts(results))
    if not charts:
        return
    lines = (len(charts) + 1) // 2
    figure = Figure(figsize=(15, 6 * lines), layout="constrained")
    grid = figure.subplots(lines, 2, squeeze=False)
    for axes, (name, rows) in zip(grid.flat, charts, strict=False):
        for place, each in enumerate(rows):
            colour = _OURS if "rpcgen" in each.peer else _THEIRS
            axes.plot(_value(each), place, "o", color=colour)
            if not _is_rate(each):
                axes.plot([each.median, each.p99], [place, place], "-", color=colour, alpha=0.5)
                axes.plot(each.p99, place, "|", color=colour)
            note = f"{_value(each):,.0f}{_ratio(results, each)}"
            beside = (7, -3) if _is_rate(each) else (0, 5)
            axes.annotate(note, (_value(each), place), beside, textcoords="offset points", size=7)
        axes.set_yticks(range(len(rows)), [_label(each) for each in rows])
        axes.set_xscale("log")  # dots, since bars have no beginning on such a scale
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.margins(x=0.12)
        axes.invert_yaxis()
        axes.set_title(_plain(TABLES[name]), fontsize=10)
        to_p99 = "" if _is_rate(rows[0]) else "; lines to the p99"
        axes.set_xlabel(f"{_axis(rows[0])}{to_p99}", fontsize=9)
        axes.tick_params(labelsize=8)
        axes.grid(axis="x", which="both", alpha=0.2)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in list(grid.flat)[len(charts) :]:
        axes.set_axis_off()
    figure.savefig(path, dpi=110)
