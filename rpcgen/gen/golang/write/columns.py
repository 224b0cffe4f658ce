"""Columns of a block of Go, aligned as gofmt aligns them."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["aligned"]


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a block.

    A column is as wide as its widest cell among neighbouring rows. The last cell of a row ends
    the line, and is none of a column.

    Args:
        rows: Cells of each row; one with a single cell is a line by itself.
    """
    cells = [list(row) for row in rows]
    for column in range(max(map(len, cells), default=0)):
        start = 0
        while start < len(cells):
            end = start
            while end < len(cells) and len(cells[end]) > column + 1:
                end += 1
            width = max((len(row[column]) for row in cells[start:end]), default=0)
            for row in cells[start:end]:
                row[column] = row[column].ljust(width)
            start = end + 1
    return [" ".join(row).rstrip() for row in cells]
