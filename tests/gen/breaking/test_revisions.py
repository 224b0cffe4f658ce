"""Tests of `rpcgen.gen.breaking.revisions`."""

from __future__ import annotations

import subprocess
from pathlib import Path
from unittest import mock

import pytest

from rpcgen.gen.breaking import RevisionError, checked_out


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with two commits, of which the first has the tag ``old``."""
    folder = tmp_path / "project"
    (folder / "idl").mkdir(parents=True)
    git(folder, "init", "-q")
    (folder / "idl" / "a.py").write_text("A = 1\n")
    (folder / "pyproject.toml").write_text("")
    (folder / "large.bin").write_bytes(b"\0" * 100)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    git(folder, "tag", "old")
    (folder / "idl" / "a.py").write_text("A = 2\n")
    git(folder, "commit", "-q", "-a", "-m", "second")
    (folder / "idl" / "b.py").write_text("B = 1\n")
    return folder


def test_files_are_those_of_the_revision(repository: Path) -> None:
    with checked_out("old", [repository / "idl"]) as (folder, (idl,)):
        assert (idl / "a.py").read_text() == "A = 1\n"
        assert idl.parent == folder
        assert [each.name for each in sorted(folder.rglob("*.*"))] == ["a.py", "pyproject.toml"]


def test_files_are_gone_afterwards(repository: Path) -> None:
    with checked_out("HEAD", [repository / "idl" / "a.py"]) as (folder, (path,)):
        assert path.read_text() == "A = 2\n"
    assert not folder.parent.exists()


def test_path_that_the_revision_lacks_is_left_out(repository: Path) -> None:
    with checked_out("HEAD", [repository / "idl" / "b.py"]) as (_, paths):
        assert paths == []


def test_path_that_is_gone_is_that_of_the_revision(repository: Path) -> None:
    (repository / "idl" / "a.py").unlink()
    with checked_out("HEAD", [repository / "idl" / "a.py"]) as (_, (path,)):
        assert path.is_file()


@pytest.mark.parametrize("revision", ["none", "--help", "HEAD:idl", ""])
def test_revision_that_is_none_is_an_error(repository: Path, revision: str) -> None:
    with pytest.raises(RevisionError, match="git rev-parse"):
        with checked_out(revision, [repository / "idl"]):
            pass


def test_folder_without_a_repository_is_an_error(tmp_path: Path) -> None:
    with mock.patch.dict("os.environ", GIT_CEILING_DIRECTORIES=str(tmp_path.parent)):
        with pytest.raises(RevisionError, match="not a git repository"):
            with checked_out("HEAD", [tmp_path]):
                pass


def test_paths_of_several_repositories_are_an_error(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(RevisionError, match="is not in the repository"):
        with checked_out("HEAD", [repository / "idl", tmp_path]):
            pass


def test_git_that_is_missing_is_an_error(repository: Path) -> None:
    with mock.patch.dict("os.environ", PATH=str(repository)):
        with pytest.raises(RevisionError, match="git is not there"):
            with checked_out("HEAD", [repository]):
                pass
