"""The folder that the names of IDL modules count from: told by the files, wherever one stands."""

from __future__ import annotations

import os
from pathlib import Path

from .configuration import ConfigurationError, read_configuration, refused
from .diagnostics import display_path

__all__ = ["ConfigurationError", "find_root"]

# Files that lie in the topmost folder of a project.
_MARKERS = ("pyproject.toml", "setup.py", "setup.cfg")


def find_root(path: Path, output: Path | None = None) -> Path:
    """Return the folder that an IDL file is imported from, as Python and mypy would.

    It depends on the files around it and on the ``output`` folder alone, never
    on the working directory, so that the same output comes from anywhere:

    - ``root`` in ``[tool.rpcgen]`` of the project's ``pyproject.toml``;
    - above the topmost package that the file is in;
    - the folder ``src`` of the project, or the project's own;
    - without a project, the folder above ``idl``; or what the file and the
      output have in common; or the file's own.

    Args:
        path: the IDL file, absolute.
        output: the folder that is generated to, absolute.

    Raises:
        ConfigurationError: if the ``pyproject.toml`` cannot be read, or names
            a folder that the file is not below.
    """
    project = _project(path)
    if project is not None and (told := _configured(project / "pyproject.toml", path)):
        return told
    if (package := _package(path, project)) is not None:
        return _above(package)
    base = project if project is not None else _base(path, output)
    source = base / "src"
    if project is not None and path.is_relative_to(source):
        base = source
    # Nothing is imported through a folder whose name is not one in Python.
    unnamed = [each for each in path.parents if not each.name.isidentifier()]
    return next((each for each in unnamed if each.is_relative_to(base)), base)


def _project(path: Path) -> Path | None:
    """Return the folder of the project that a file belongs to, if there is one."""
    for folder in path.parents:
        if any((folder / marker).exists() for marker in _MARKERS):
            return folder
    return None


def _configured(file: Path, path: Path) -> Path | None:
    found = read_configuration(file)
    if found is None or found.root is None:
        return None
    if not path.is_relative_to(found.root):
        root = os.path.relpath(found.root, file.parent)
        raise refused(
            file,
            f"[tool.rpcgen] root is {root!r}, and {display_path(path)} is not below that",
            "name a folder above all IDL files, or say --root",
        )
    return found.root


def _package(path: Path, project: Path | None) -> Path | None:
    """Return the package that a file is in, or in a plain folder of."""
    for folder in path.parents:
        if (folder / "__init__.py").is_file():
            return folder
        if folder == project:
            break
    return None


def _above(package: Path) -> Path:
    while (package / "__init__.py").is_file() and package != package.parent:
        package = package.parent
    return package


def _base(path: Path, output: Path | None) -> Path:
    """Return the folder to count from where no project is to be seen."""
    for folder in path.parents:
        if folder.name == "idl":
            return folder.parent
    if output is not None:
        common = next(each for each in output.parents if path.is_relative_to(each))
        # Higher up, what both have in common is the machine's, and says nothing.
        if len(common.parts) > 2 and common not in (Path.home(), *Path.home().parents):
            return common
    return path.parent
