from __future__ import annotations

from pathlib import Path

import pytest

from .samples import ARITH


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working directory, with one IDL file in it."""
    (tmp_path / "idl").mkdir()
    (tmp_path / "idl" / "arith.py").write_text(ARITH)
    monkeypatch.chdir(tmp_path)
    return tmp_path
