"""The IDL files of a revision that git knows, beside those of the working tree."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..diagnostics import display_path

__all__ = ["RevisionError", "checked_out"]

# Files that an IDL needs: Python's, and those that `find_root` looks for.
_KEPT = (".py", "pyproject.toml", "setup.cfg")

# Maximum time that git may take, in seconds.
_GIT_TIMEOUT_S = 120.0


class RevisionError(Exception):
    """A revision that cannot be had; the text says why."""


@contextlib.contextmanager
def checked_out(revision: str, paths: Sequence[Path]) -> Iterator[tuple[Path, list[Path]]]:
    """Write the Python files of a revision to a temporary folder.

    Args:
        revision: What git takes for a commit: ``main``, ``HEAD~1``, a tag.
        paths: Files and folders of the working tree.

    Yields:
        The folder, and those paths in it that the revision has.

    Raises:
        RevisionError: git is not there, knows no such revision, or does not have the paths in
            one repository.
    """
    top = Path(os.path.realpath(_git(_folder_of(paths[0]), "rev-parse", "--show-toplevel").strip()))
    inside = [_inside(Path(os.path.realpath(path)), top) for path in paths]
    commit = _git(
        top, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}"
    ).strip()
    with tempfile.TemporaryDirectory(prefix="rpcgen_") as name:
        folder = Path(os.path.realpath(name)) / top.name
        folder.mkdir()
        _unpack(top, commit, folder)
        yield folder, [folder / path for path in inside if (folder / path).exists()]


def _folder_of(path: Path) -> Path:
    for folder in (path, *path.parents):
        if folder.is_dir():
            return folder
    return Path.cwd()


def _inside(path: Path, top: Path) -> Path:
    if not path.is_relative_to(top):
        raise RevisionError(f"{display_path(path)} is not in the repository {display_path(top)}")
    return path.relative_to(top)


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_GIT_TIMEOUT_S,
            check=False,
        )
    except FileNotFoundError:
        raise RevisionError("git is not there; name a folder with the old IDL instead") from None
    except subprocess.TimeoutExpired:
        raise RevisionError("git does not answer") from None
    if done.returncode:
        raise RevisionError(f"git {arguments[0]}: {done.stderr.strip() or 'failed'}")
    return done.stdout


def _unpack(top: Path, commit: str, folder: Path) -> None:
    command = ["git", "archive", "--format=tar", commit]
    with subprocess.Popen(command, cwd=top, stdout=subprocess.PIPE) as git:
        assert git.stdout is not None
        with tarfile.open(fileobj=git.stdout, mode="r|") as archive:
            for member in archive:
                if member.isfile() and member.name.endswith(_KEPT):
                    _write(folder / member.name, archive.extractfile(member))
    if git.returncode:
        raise RevisionError(f"git archive ended with {git.returncode}")


def _write(path: Path, content: object) -> None:
    assert hasattr(content, "read")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.read())
