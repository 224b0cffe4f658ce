"""All steps from IDL files to the text of generated modules; nothing is written here."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from attrs import frozen

from .changes import changed_requests
from .check import Checker, check_cross_module, no_service
from .diagnostics import Diagnostic, Location, display_path, raise_if_any
from .discover import Idl, discover
from .header import is_generated
from .load import Loader, isolated_imports, raised
from .model import Module, read_module
from .render import render, render_package
from .write import Difference, check_overwrite, orphans

__all__ = ["Output", "generate", "no_service_beside", "read_modules", "told_at"]


@frozen
class Output:
    """Files that belong into the output folder, and those in it that no longer do.

    ``notes`` are what a user should know although nothing is wrong, each
    as ``file:line:col: note: ...``. ``roots`` are the folders that the names of
    the IDL modules count from, sorted.
    """

    files: dict[Path, str]
    orphans: list[Difference]
    notes: list[str]
    roots: list[Path]


def generate(arguments: Sequence[str], folder: Path, root: Path | None = None) -> Output:
    """Return what is generated for IDL files and folders of them.

    Args:
        arguments: Paths of the files and folders.
        folder: The output folder; nothing is written to it.
        root: The folder that the IDL's module names count from, by default where Python and mypy
            look for them: `find_root`.

    Raises:
        GenerateError: Everything that is wrong with any of the files.
    """
    idls, diagnostics = discover(arguments, root, folder)
    raise_if_any(diagnostics)
    modules: list[Module] = []
    empty: list[Diagnostic] = []
    texts: dict[Path, str] = {}
    for base, group in groupby(sorted(idls, key=attrgetter("root", "path")), attrgetter("root")):
        with isolated_imports(base):
            found, without, wrong = read_modules(base, list(group))
            modules += found
            empty += without
            diagnostics += wrong
            if not diagnostics:
                diagnostics += check_cross_module(modules)
            for module in [] if diagnostics else found:
                with told_at(module.idl, diagnostics):
                    texts[folder / module.idl.output] = render(module)
    diagnostics += _colliding(module.idl for module in modules)
    if not modules and not diagnostics:
        diagnostics += empty or [no_service_beside(idl) for idl in idls[:1]]
    raise_if_any(diagnostics)
    files = texts | _package_files(folder, texts)
    raise_if_any(check_overwrite(folder, files))
    notes = [_skipped(each).note for each in sorted(empty)]
    for module in modules:
        path = folder / module.idl.output
        notes += [each.note for each in changed_requests(module, path, files[path])]
    gone = _Gone(idls, modules, arguments)
    roots = sorted({idl.root for idl in idls})
    return Output(files, orphans(folder, files, gone), notes, roots)


def read_modules(
    root: Path, idls: Sequence[Idl]
) -> tuple[list[Module], list[Diagnostic], list[Diagnostic]]:
    """Return the modules with services, the files asked for without, and the diagnostics of all.

    Called in `isolated_imports`, and what it returns is used there.

    Args:
        root: Folder that the names of modules count from.
        idls: The files.
    """
    loader = Loader(root)
    sources = {source.path: source for source in loader.load(idls)}
    modules: list[Module] = []
    checker = Checker(loader.source_of)
    diagnostics: list[Diagnostic] = []
    for idl in idls:
        if idl.path not in sources:
            continue
        with told_at(idl, diagnostics):
            module = read_module(idl, sources[idl.path], loader.source_of)
            diagnostics += checker.check(module)
            modules.append(module)
    empty = [no_service(each) for each in modules if each.idl.explicit and not each.services]
    return [each for each in modules if each.services], empty, loader.diagnostics + diagnostics


@contextlib.contextmanager
def told_at(idl: Idl, diagnostics: list[Diagnostic]) -> Iterator[None]:
    """Add a diagnostic if code of the IDL's own raises: a metaclass, or a value's ``__hash__``."""
    try:
        yield
    except (Exception, SystemExit) as error:
        diagnostics.append(raised(idl.path, idl.root, error, "reading it raises"))


def _package_files(folder: Path, modules: Iterable[Path]) -> dict[Path, str]:
    """Return what makes packages of the output folders, but for files that the user wrote."""
    files = {folder / "py.typed": ""}
    for path in modules:
        for parent in path.parents:
            if not parent.is_relative_to(folder):
                break
            init = parent / "__init__.py"
            if not init.exists() or is_generated(init):
                files[init] = render_package()
    return files


def _colliding(idls: Iterable[Idl]) -> list[Diagnostic]:
    first: dict[Path, Idl] = {}
    return [
        Diagnostic(
            Location(display_path(idl.path)),
            f"would be generated to {idl.output.as_posix()}, like {display_path(other.path)}",
            "name the folder above both on the command line, or generate them to two folders",
        )
        for idl in idls
        if (other := first.setdefault(idl.output, idl)) is not idl
    ]


def no_service_beside(idl: Idl) -> Diagnostic:
    """Return the diagnostic of a folder where neither a file nor any beside it has a service.

    Args:
        idl: The file.
    """
    return Diagnostic(
        Location(display_path(idl.path.parent)),
        "no service in any file of this folder",
        "a service is a Protocol class with public methods: class Name(Protocol)",
    )


def _skipped(diagnostic: Diagnostic) -> Diagnostic:
    """Return what is said of a file without a service where another one has some."""
    hint = diagnostic.hint if "class Name(" not in diagnostic.hint else ""
    return Diagnostic(diagnostic.location, f"{diagnostic.reason}, so it is skipped", hint)


class _Gone:
    """Says of the name of an IDL module that its file is gone.

    The file would be beside those of this run, or below a folder that the run was told.
    """

    def __init__(
        self, idls: Iterable[Idl], modules: Iterable[Module], arguments: Iterable[str]
    ) -> None:
        self._places = {(idl.root, idl.path.parent) for idl in idls}
        self._folders = [Path(os.path.abspath(each)) for each in arguments if Path(each).is_dir()]
        self._modules = {module.idl.module for module in modules}
        self._seen = {idl.module for idl in idls}

    def __call__(self, module: str) -> bool:
        if module in self._seen:  # its services are gone, or it is generated elsewhere now
            return True
        for root, parent in self._places:
            path = root.joinpath(*module.split(".")).with_suffix(".py")
            is_here = path.parent == parent or any(map(path.is_relative_to, self._folders))
            if is_here and not path.exists():
                return True
        return False
