"""Options that commands have in common, whatever they do."""

from __future__ import annotations

import os
from pathlib import Path

import click

__all__ = ["ROOT_OPTION"]

ROOT_OPTION = click.option(
    "--root",
    metavar="DIR",
    # Without the dots of ``--root ..``: paths of IDL files are compared with it.
    callback=lambda _context, _option, given: Path(os.path.abspath(given)) if given else None,
    help="Folder that the IDL's imports count from.",
)
