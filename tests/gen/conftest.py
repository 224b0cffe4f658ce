"""What the tests of the generator share."""

from __future__ import annotations

import contextlib
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rpcgen.gen.discover import discover
from rpcgen.gen.load import Loader, isolated_imports
from rpcgen.gen.source import Source


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    """Say whether expected files are to be rewritten."""
    return bool(request.config.getoption("--update"))


@pytest.fixture
def idl_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def load(idl_folder: Path) -> Iterator[Callable[..., Source]]:
    """Return a function that writes Python files and loads the first: ``load(name=text)``."""
    with contextlib.ExitStack() as stack:

        def load(**files: str) -> Source:
            for name, text in files.items():
                (idl_folder / f"{name}.py").write_text(textwrap.dedent(text))
            stack.enter_context(isolated_imports(idl_folder))
            path = idl_folder / f"{next(iter(files))}.py"
            idls, diagnostics = discover([str(path)])
            loader = Loader(idl_folder)
            sources = loader.load(idls)
            assert (diagnostics, loader.diagnostics) == ([], [])
            return sources[0]

        yield load
