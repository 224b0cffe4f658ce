"""Modules of Go: the folder in which the package of an import is found."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from attrs import frozen

__all__ = ["Module", "Modules"]

_MODULE: Final = re.compile(r"^module\s+(\S+)", re.MULTILINE)
_REPLACE: Final = re.compile(r"^(\S+)(?:\s+v\S+)?\s*=>\s*(\S+)(?:\s+(v\S+))?$")
_QUOTED: Final = re.compile(r"\"([^\"\s]*)\"|`([^`\s]*)`")
_REQUIRE: Final = re.compile(r"^(\S+)\s+(v\S+)")


@frozen
class Module:
    """A ``go.mod`` or ``go.work``: its folder, its path, and where the modules that it names are.

    Attributes:
        folder: The folder of the file.
        path: Path of the module, empty if the file does not say it.
        replaced: Paths of modules and what stands for them: a folder, or another path and version.
        required: Versions by path.
        used: Folders of the modules of a workspace.
    """

    folder: Path
    path: str
    replaced: dict[str, tuple[str, str]]
    required: dict[str, str]
    used: tuple[Path, ...] = ()


class Modules:
    """Finds packages: in a module, in ``vendor``, beside it by ``replace``, in the module cache."""

    def __init__(self) -> None:
        self._cache = _module_cache()

    def import_path(self, folder: Path) -> str:
        """Return the path by which others import the package of a folder.

        Args:
            folder: An absolute path.
        """
        vendored = folder.as_posix().rpartition("/vendor/")
        if vendored[1]:
            return vendored[2]
        module = module_of(folder)
        if module is not None and module.path:
            below = folder.relative_to(module.folder).as_posix()
            return module.path if below == "." else f"{module.path}/{below}"
        _, in_gopath, below = folder.as_posix().rpartition("/src/")
        return below if in_gopath else folder.name

    def find(self, path: str, user: Path) -> Path | None:
        """Return the folder of a package, None if it is not on this machine.

        Args:
            path: Path of the import.
            user: Absolute path of the folder whose file has the import.
        """
        for folder in self._candidates(path, user):
            if _has_go_files(folder):
                return folder
        return None

    def _candidates(self, path: str, user: Path) -> Iterator[Path]:
        if path.startswith("."):
            yield Path(os.path.normpath(user / path))
            return
        for above in (user, *user.parents):
            yield above / "vendor" / path
        module = module_of(user)
        if module is not None:
            yield from self._of_module(module, path)
        else:
            yield from _of_gopath(path, user)

    def _of_module(self, module: Module, path: str) -> Iterator[Path]:
        if module.path and _is_below(path, module.path):
            yield _inside(module.folder, path, module.path)
        workspace = _workspace_of(module.folder)
        if workspace is not None:
            yield from self._replaced(workspace, path)
        yield from self._replaced(module, path)
        for name in sorted(module.required, key=len, reverse=True):
            if _is_below(path, name):
                yield _inside(self._cached(name, module.required[name]), path, name)
        for other in _used_by(workspace) if workspace is not None else ():
            if other.path and _is_below(path, other.path):
                yield _inside(other.folder, path, other.path)

    def _replaced(self, module: Module, path: str) -> Iterator[Path]:
        for name in sorted(module.replaced, key=len, reverse=True):
            if _is_below(path, name):
                target, version = module.replaced[name]
                if version:
                    yield _inside(self._cached(target, version), path, name)
                else:
                    yield _inside(Path(os.path.normpath(module.folder / target)), path, name)

    def _cached(self, path: str, version: str) -> Path:
        return self._cache / f"{_escaped(path)}@{_escaped(version)}"


def module_of(folder: Path) -> Module | None:
    """Return the module that a folder belongs to, None if there is no ``go.mod`` above it."""
    for above in (folder, *folder.parents):
        if (above / "go.mod").is_file():
            return _read_module(above)
    return None


@cache
def _read_module(folder: Path, file: str = "go.mod") -> Module:
    text = (folder / file).read_text(encoding="utf-8", errors="replace")
    text = _QUOTED.sub(r"\1\2", re.sub(r"//[^\n]*", "", text))
    named = _MODULE.search(text)
    replaced: dict[str, tuple[str, str]] = {}
    required: dict[str, str] = {}
    for line in _lines_of(text, "replace"):
        if found := _REPLACE.match(line):
            replaced[found[1]] = found[2], found[3] or ""
    for line in _lines_of(text, "require"):
        if found := _REQUIRE.match(line):
            required[found[1]] = found[2]
    used = [Path(os.path.normpath(folder / each)) for each in _lines_of(text, "use")]
    return Module(folder, named[1] if named else "", replaced, required, tuple(used))


def _lines_of(text: str, word: str) -> Iterator[str]:
    """Yield what stands behind a word of ``go.mod``, alone or in brackets."""
    for block in re.findall(rf"^{word}\s*\(([^)]*)\)", text, re.MULTILINE):
        yield from (line.strip() for line in block.splitlines() if line.strip())
    for line in re.findall(rf"^{word}[ \t]+([^(\s][^\n]*)$", text, re.MULTILINE):
        yield line.strip()


def _workspace_of(folder: Path) -> Module | None:
    """Return the workspace that a folder is in, None if there is no ``go.work`` above it."""
    for above in (folder, *folder.parents):
        if (above / "go.work").is_file():
            return _read_module(above, "go.work")
    return None


def _used_by(workspace: Module) -> Iterator[Module]:
    for folder in workspace.used:
        if (folder / "go.mod").is_file():
            yield _read_module(folder)


def _of_gopath(path: str, user: Path) -> Iterator[Path]:
    """Yield where a package may be in a tree from before there were modules."""
    for root in os.environ.get("GOPATH", "").split(os.pathsep):
        if root:
            yield Path(root) / "src" / path
    for above in (user, *user.parents):
        yield above / path
        if above.name == "src":
            break
    # A checkout outside of a GOPATH: the last parts of the path are its folders.
    parts = path.split("/")
    for above in user.parents:
        for drop in range(1, len(parts)):
            yield above.joinpath(*parts[drop:])
        if (above / ".git").exists():
            break


def _module_cache() -> Path:
    if "GOMODCACHE" in os.environ:
        return Path(os.environ["GOMODCACHE"])
    root = os.environ.get("GOPATH", "").split(os.pathsep)[0]
    return (Path(root) if root else Path.home() / "go") / "pkg" / "mod"


def _escaped(path: str) -> str:
    """Return a path as the module cache spells it: ``!`` and a small letter for a capital."""
    return re.sub(r"[A-Z]", lambda match: f"!{match[0].lower()}", path)


def _is_below(path: str, module: str) -> bool:
    return path == module or path.startswith(f"{module}/")


def _inside(folder: Path, path: str, module: str) -> Path:
    return folder / path[len(module) :].strip("/")


def _has_go_files(folder: Path) -> bool:
    return folder.is_dir() and any(folder.glob("*.go"))
