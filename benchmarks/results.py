"""Everything that one run has found out."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from pathlib import Path

from attrs import Factory, define, frozen

from .catalogue import REFERENCES, TABLES, WORKS
from .codec import Row
from .growth import Idle, Point
from .startup import Import, Start
from .summary import Measurement, ratio

__all__ = ["Machine", "Results"]


@frozen
class Machine:
    """Machine and programs that the figures come from."""

    processor: str
    cores: int
    python: str
    system: str

    @classmethod
    def here(cls) -> Machine:
        return cls(
            _processor(),
            os.cpu_count() or 1,
            platform.python_version(),
            f"{platform.system()} {platform.release()}",
        )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


@define
class Results:
    """The results of a run; what was left out is empty."""

    machine: Machine
    rounds: int
    seed: int
    quick: bool = False
    pinned: bool = False
    measurements: list[Measurement] = Factory(list)
    imports: list[Import] = Factory(list)
    starts: list[Start] = Factory(list)
    codec: list[Row] = Factory(list)
    codec_error: str = ""
    growth: list[Point] = Factory(list)
    idle: Idle | None = None

    def find(self, peer: str, work: str) -> Measurement | None:
        """Return a measurement, if it was made."""
        for each in self.measurements:
            if (each.peer, each.work) == (peer, work):
                return each
        return None

    def tables(self) -> Iterator[tuple[str, list[Measurement]]]:
        """Yield each table of measurements that has any, by its name."""
        for table in TABLES:
            rows = [each for each in self.measurements if WORKS[each.work].table == table]
            if rows:
                yield table, rows

    def compared(self, each: Measurement, figure: str = "") -> float | None:
        """Return the ratio of a measurement to the reference of its table, if there are both.

        Args:
            each: The measurement.
            figure: Attribute of samples that is compared; that of the work if left out.
        """
        work = WORKS[each.work]
        reference = self.find(*REFERENCES[work.table])
        return ratio(each, reference, figure or work.figure) if reference else None

    def codec_row(self, message: str, name: str) -> Row | None:
        """Return what a codec took for a message, if it was measured."""
        for row in self.codec:
            if (row.message, row.name) == (message, name):
                return row
        return None
