"""Packages of Go: the declarations of all files of a folder, and those that they import."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from ...diagnostics import display_path
from .constraints import is_built
from .modules import Modules
from .parse import parse_go
from .stdlib import STANDARD_SOURCES, is_standard
from .syntax import Binding, ConstSpec, Function, GoFile, TypeDecl

__all__ = ["Package", "Packages"]


class Package:
    """The files of one package, and what they declare by name."""

    def __init__(self, path: str, folder: Path | None, files: Iterable[GoFile]) -> None:
        self.path = path
        self.folder = folder
        self.files = tuple(files)
        self.name = self.files[0].package if self.files else path.rpartition("/")[2]

    def __repr__(self) -> str:
        return f"Package({self.path!r})"

    @property
    def doc(self) -> str:
        """The comment of the package."""
        return next((file.doc for file in self.files if file.doc), "")

    @cached_property
    def types(self) -> dict[str, tuple[TypeDecl, GoFile]]:
        """Types by name."""
        found: dict[str, tuple[TypeDecl, GoFile]] = {}
        for file in self.files:
            for declared in file.types:
                found.setdefault(declared.name, (declared, file))
        return found

    @cached_property
    def constants(self) -> dict[str, tuple[ConstSpec, GoFile]]:
        """Constants by name, in the order of the files."""
        found: dict[str, tuple[ConstSpec, GoFile]] = {}
        for file in self.files:
            for declared in file.constants:
                found.setdefault(declared.name, (declared, file))
        return found

    @cached_property
    def variables(self) -> dict[str, tuple[Binding, GoFile]]:
        """Variables of the package by name."""
        return {each.name: (each, file) for file in self.files for each in file.variables}

    @cached_property
    def functions(self) -> dict[str, tuple[Function, GoFile]]:
        """Functions that are no methods, by name."""
        return {
            each.name: (each, file)
            for file in self.files
            for each in file.functions
            if not each.receiver
        }

    @cached_property
    def methods(self) -> dict[str, list[tuple[Function, GoFile]]]:
        """Methods by the type of their receiver."""
        found: dict[str, list[tuple[Function, GoFile]]] = {}
        for file in self.files:
            for each in file.functions:
                if each.receiver:
                    found.setdefault(each.receiver, []).append((each, file))
        return found


class Packages:
    """All packages that are read, each once, when something in it is asked for."""

    def __init__(self) -> None:
        self._modules = Modules()
        self._by_folder: dict[Path, Package] = {}
        self._standard: dict[str, Package] = {}
        self._found: dict[tuple[str, Path | None], Path | None] = {}

    @property
    def read(self) -> list[Package]:
        """The packages that were read, without those of the standard library."""
        return list(self._by_folder.values())

    def load(self, path: Path) -> list[Package]:
        """Return the package of a file, or those of a folder and of all below it.

        Args:
            path: A file or a folder.
        """
        path = _absolute(path)
        if not path.is_dir():
            return [self.folder(path.parent)]
        return [self.folder(each) for each in _folders_below(path)]

    def folder(self, folder: Path) -> Package:
        """Return the package of a folder.

        Args:
            folder: An absolute path.
        """
        if folder not in self._by_folder:
            files = list(_read_files(folder))
            names = {file.package for file in files}
            # Beside a package, a folder may hold a program or two that are run by themselves.
            name = next((each.package for each in files if each.package != "main"), "main")
            if len(names) > 1:
                files = [file for file in files if file.package == name]
            self._by_folder[folder] = Package(self._modules.import_path(folder), folder, files)
        return self._by_folder[folder]

    def imported(self, path: str, user: Package) -> Package | None:
        """Return a package by the path of its import, None if it is not on this machine.

        Args:
            path: Path of the import.
            user: The package that imports it.
        """
        if path in STANDARD_SOURCES:
            return self._standard_package(path)
        key = path, user.folder
        if key not in self._found:
            folder = user.folder
            looked_for = folder is not None and not is_standard(path)
            self._found[key] = self._modules.find(path, folder) if folder and looked_for else None
        found = self._found[key]
        return self.folder(found) if found is not None else None

    def _standard_package(self, path: str) -> Package:
        if path not in self._standard:
            source = f"package {path.rpartition('/')[2]}\n{STANDARD_SOURCES[path]}"
            file = parse_go(f"<{path}>", source.encode())
            self._standard[path] = Package(path, None, [file])
        return self._standard[path]


def _read_files(folder: Path) -> Iterator[GoFile]:
    for path in sorted(folder.glob("*.go")):
        data = path.read_bytes()
        if is_built(path.name, data.decode(errors="replace")):
            yield parse_go(display_path(path), data)


def _folders_below(folder: Path) -> Iterator[Path]:
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(
            each
            for each in folders
            if each not in ("vendor", "testdata") and not each.startswith((".", "_"))
        )
        if any(each.endswith(".go") and not each.endswith("_test.go") for each in files):
            yield Path(where)


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))
