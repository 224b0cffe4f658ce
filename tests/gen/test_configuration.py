"""Tests of `rpcgen.gen.configuration`."""

from __future__ import annotations

from pathlib import Path

import pytest

from rpcgen.gen.configuration import (
    Configuration,
    ConfigurationError,
    find_configuration,
    read_configuration,
)


def written(folder: Path, text: str) -> Path:
    file = folder / "pyproject.toml"
    file.write_text(text)
    return file


def test_paths_count_from_the_folder_of_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, '[tool.rpcgen]\nidl = "idl"\noutput = "src/gen"\nroot = "."\n')
    assert read_configuration(file) == Configuration(
        file, (tmp_path / "idl",), tmp_path / "src" / "gen", tmp_path
    )


def test_idl_may_be_several(tmp_path: Path) -> None:
    file = written(tmp_path, '[tool.rpcgen]\nidl = ["a.py", "b"]\n')
    assert read_configuration(file) == Configuration(file, (tmp_path / "a.py", tmp_path / "b"))


@pytest.mark.parametrize("text", ["", "[project]\nname = 'a'\n", "tool = 3\n"])
def test_file_without_the_table_says_nothing(tmp_path: Path, text: str) -> None:
    assert read_configuration(written(tmp_path, text)) is None


def test_file_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert read_configuration(tmp_path / "pyproject.toml") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[tool.rpcgen]\nidl = 3\n", "idl is neither a string nor a list"),
        ("[tool.rpcgen]\nidl = ['a', 3]\n", "idl is neither a string nor a list"),
        ("[tool.rpcgen]\noutput = 3\n", "output is not a string"),
        ("[tool.rpcgen]\noutptu = 'a'\n", "has no option 'outptu'"),
        ("[tool]\nrpcgen = 'a'\n", "is no table"),
        ("[tool.rpcgen\n", "cannot be read"),
    ],
)
def test_table_that_cannot_be_used_is_a_placed_error(
    tmp_path: Path, text: str, reason: str
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_configuration(written(tmp_path, text))
    diagnostic = raised.value.diagnostic
    assert reason in diagnostic.reason
    assert diagnostic.hint
    assert diagnostic.location.path.endswith("pyproject.toml")


def test_nearest_table_is_found_past_files_without_one(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    written(inner, "[project]\nname = 'b'\n")
    file = written(tmp_path, '[tool.rpcgen]\nidl = "idl"\n')
    found = find_configuration(inner)
    assert found is not None
    assert found.file == file


def test_no_table_is_found_where_there_is_none(tmp_path: Path) -> None:
    assert find_configuration(tmp_path) is None
