"""The results as charts: bars of characters, and a PNG."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .catalogue import PEERS, TABLES, WORKS
from .results import Results
from .summary import Measurement
from .tables import ordered

__all__ = ["draw", "text"]

_WIDTH = 48
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def text(results: Results) -> str:
    """Return a chart of each table of measurements, as long bars as there is room for."""
    return "\n\n".join(_text(name, rows) for name, rows in _charts(results)) + "\n"


def _charts(results: Results) -> Iterator[tuple[str, list[Measurement]]]:
    for name, measurements in results.tables():
        rows = [each for each in ordered(measurements) if each.samples]
        if rows:
            yield name, rows


def _text(name: str, rows: list[Measurement]) -> str:
    longest = max(map(_value, rows))
    labels = [PEERS[each.peer].label(WORKS[each.work]) for each in rows]
    width = max(map(len, labels))
    bars = [
        f"{label:>{width}} {bar(_value(each) / longest)} {_value(each):,.0f}"
        for label, each in zip(labels, rows, strict=True)
    ]
    return "\n".join([f"{_plain(TABLES[name])}: {_axis(rows[0])}", *bars])


def bar(share: float) -> str:
    """Return a bar of ``share`` of the whole width, to an eighth of a character."""
    whole, eighths = divmod(max(1, round(share * _WIDTH * 8)), 8)
    return _EIGHTHS[8] * whole + _EIGHTHS[eighths].strip()


def _value(each: Measurement) -> float:
    return each.rate if WORKS[each.work].figure == "rate" else each.median


def _axis(each: Measurement) -> str:
    if WORKS[each.work].figure == "rate":
        return "calls/s, more is better"
    return "median in µs, less is better"


def _plain(title: str) -> str:
    return title.replace("`", "")


def draw(results: Results, path: Path) -> None:
    """Draw the same charts into a PNG, side by side. Raises `ImportError` without matplotlib."""
    from matplotlib.figure import Figure

    charts = list(_charts(results))
    if not charts:
        return
    lines = (len(charts) + 1) // 2
    figure = Figure(figsize=(15, 5.5 * lines), layout="constrained")
    for axes, (name, rows) in zip(
        figure.subplots(lines, 2, squeeze=False).flat, charts, strict=False
    ):
        labels = [PEERS[each.peer].label(WORKS[each.work]) for each in rows]
        colours = ["#c0392b" if "rpcgen" in each.peer else "#95a5a6" for each in rows]
        bars = axes.barh(labels, [_value(each) for each in rows], color=colours)
        axes.bar_label(bars, [f"{_value(each):,.0f}" for each in rows], padding=3, fontsize=8)
        axes.set_xscale("log")
        axes.margins(x=0.15)
        axes.invert_yaxis()
        axes.set_title(_plain(TABLES[name]), fontsize=10)
        axes.set_xlabel(_axis(rows[0]), fontsize=9)
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in figure.axes[len(charts) :]:
        axes.set_axis_off()
    figure.savefig(path, dpi=110)
