"""What the tests of reading Go share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rpcgen.gen.golang.read.packages import Package, Packages


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Package]:
    """Return a function that writes Go files, by name, and loads the package of the first."""

    def load(**files: str) -> Package:
        (tmp_path / "go.mod").write_text("module example.com/m\n")
        for name, text in files.items():
            path = tmp_path.joinpath(*name.split("__")).with_suffix(".go")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        first = tmp_path.joinpath(*next(iter(files)).split("__"))
        return Packages().load(first.with_suffix(".go"))[0]

    return load
