"""IDL files imported afresh, with what is wrong with those that cannot be."""

from __future__ import annotations

import ast
import contextlib
import importlib
import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from .diagnostics import Diagnostic, Location, display_path
from .discover import RESERVED_TOP_LEVEL, Idl, module_name, read_text
from .source import Source, imports_of

__all__ = ["Loader", "isolated_imports", "raised"]


@contextlib.contextmanager
def isolated_imports(root: Path) -> Iterator[None]:
    """Let modules below ``root`` be imported afresh, and leave no trace of it.

    Modules that the process has loaded already under the same names are put
    aside for the time being, and nothing is written beside the IDL.
    """
    own = _top_level(root)
    aside = {name: module for name, module in sys.modules.items() if name.split(".")[0] in own}
    path, bytecode, prefix = sys.path[:], sys.dont_write_bytecode, sys.pycache_prefix
    for name in aside:
        del sys.modules[name]
    sys.path.insert(0, str(root))
    sys.dont_write_bytecode = True
    # No bytecode is read either: it may be of the same second and size as a newer file.
    sys.pycache_prefix = os.devnull
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path[:], sys.dont_write_bytecode, sys.pycache_prefix = path, bytecode, prefix
        for name in [name for name in sys.modules if name.split(".")[0] in own]:
            del sys.modules[name]
        sys.modules.update(aside)


class Loader:
    """Imports the files below one root and keeps their sources; used in `isolated_imports`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.diagnostics: list[Diagnostic] = []
        self._sources: dict[str, Source] = {}
        self._trees: dict[Path, ast.Module | None] = {}
        # Names of modules that generated code can import from.
        self._importable: set[str] = set()

    def load(self, idls: Sequence[Idl]) -> list[Source]:
        """Import the files and return those that could be, with `diagnostics` for the others."""
        sound = [idl for idl in idls if self._parses(idl.path, ())]
        return [source for idl in sound if (source := self._import(idl))]

    def source_of(self, module: str) -> Source | None:
        """Return the source of a module that was imported, if it is a Python file."""
        if module in self._sources:
            return self._sources[module]
        loaded = sys.modules.get(module)
        file = getattr(loaded, "__file__", None)
        if loaded is None or file is None or not file.endswith(".py"):
            return None
        path = Path(file)
        text = read_text(path)
        source = Source(path, display_path(path), loaded, text, ast.parse(text), self.source_of)
        self._sources[module] = source
        return source

    def _import(self, idl: Idl) -> Source | None:
        try:
            importlib.import_module(idl.module)
            self._check_importable()
            source = self.source_of(idl.module)
        except KeyboardInterrupt:  # of the user at the terminal
            raise
        except BaseException as error:
            self.diagnostics.append(raised(idl.path, self.root, error))
            return None
        if source is None or source.path != idl.path:
            self.diagnostics.append(_shadowed(idl, source))
            return None
        return source

    def _check_importable(self) -> None:
        """Do with the modules below the root what ``from module import name`` begins with.

        It asks for their ``__path__``, and whatever a module's own ``__getattr__``
        raises would come out of the import in the generated code.
        """
        own = _top_level(self.root)
        for name, module in list(sys.modules.items()):
            if name.split(".")[0] in own and name not in self._importable:
                self._importable.add(name)  # one that raises is reported once
                getattr(module, "__path__", None)

    def _parses(self, path: Path, importers: tuple[Path, ...]) -> bool:
        """Return True if a file and its imports below the root can be parsed, without cycles."""
        if path in self._trees:
            return self._trees[path] is not None
        tree = self._parse(path)
        if tree is None:
            self._trees[path] = None
            return False
        sound = True
        package = module_name(path, self.root)
        if path.name != "__init__.py":
            package = package.rpartition(".")[0]
        for node, modules in imports_of(tree, package):
            for imported in self._files(modules):
                if imported in (*importers, path):
                    self._cycle(path, node, (*importers, path), imported)
                    sound = False
                elif not self._parses(imported, (*importers, path)):
                    sound = False
        self._trees[path] = tree if sound else None
        return sound

    def _files(self, modules: Iterable[str]) -> Iterator[Path]:
        for module in modules:
            file = self.root.joinpath(*module.split(".")).with_suffix(".py")
            with contextlib.suppress(OSError, ValueError):  # a name that no file can have
                if file.is_file():
                    yield file

    def _parse(self, path: Path) -> ast.Module | None:
        try:
            return ast.parse(read_text(path), display_path(path))
        except SyntaxError as error:
            location = Location(display_path(path), error.lineno or 1, error.offset or 1)
            self.diagnostics.append(Diagnostic(location, f"syntax error: {error.msg}"))
        except (OSError, ValueError, LookupError) as error:
            self.diagnostics.append(
                Diagnostic(Location(display_path(path)), f"cannot be read: {error}")
            )
        except (RecursionError, MemoryError):  # what the parser raises at great depth
            self.diagnostics.append(
                Diagnostic(
                    Location(display_path(path)),
                    "cannot be read: it is nested too deeply",
                    "give parts of the deepest expression a name",
                )
            )
        return None

    def _cycle(
        self, path: Path, node: ast.stmt, importers: tuple[Path, ...], imported: Path
    ) -> None:
        cycle = [*importers[importers.index(imported) :], imported]
        names = " -> ".join(module_name(each, self.root) for each in cycle)
        self.diagnostics.append(
            Diagnostic(
                Location(display_path(path), node.lineno, node.col_offset + 1),
                f"cyclic import: {names}",
                "move what both need to a third file",
            )
        )


def raised(
    path: Path, root: Path, error: BaseException, what: str = "importing it raises"
) -> Diagnostic:
    """Return the diagnostic for an import that raised, at the line of the user's that did."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(root)
    ]
    location = Location(display_path(path))
    if frames:
        last = frames[-1]
        location = Location(
            display_path(Path(last.filename)), last.lineno or 1, (last.colno or 0) + 1
        )
    elif isinstance(error, SyntaxError) and error.filename:
        location = Location(
            display_path(Path(error.filename)), error.lineno or 1, error.offset or 1
        )
    text = type(error).__name__
    if said := _said(error):
        text += f": {said}".replace(f"{root}{os.sep}", "")
    hint = "an IDL is imported to be read: it must import without error"
    if isinstance(error, ModuleNotFoundError):
        where = "the working directory" if root == Path.cwd() else display_path(root)
        hint = f"modules are looked for from {where}: --root names another folder"
    return Diagnostic(location, f"{what} {text}", hint)


def _said(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # of a class of the user's
        return ""


def _shadowed(idl: Idl, source: Source | None) -> Diagnostic:
    other = source.display_path if source else "no Python file"
    return Diagnostic(
        Location(display_path(idl.path)),
        f"importing {idl.module} from {display_path(idl.root)} finds {other} instead",
        "give its folder an __init__.py or another name, or say --root",
    )


def _top_level(root: Path) -> set[str]:
    """Return the names of the modules and packages right below ``root``, but those in use here."""
    names = {entry.stem for entry in root.iterdir() if entry.suffix == ".py" or entry.is_dir()}
    return names - RESERVED_TOP_LEVEL - sys.stdlib_module_names
