"""Go source to its syntax, by tree-sitter.

What the parser does not understand, such as syntax of a newer Go, is read again piece by
piece, so that one line costs no other declaration; each such place is a problem of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Final

from ....errors import GenerateError
from .comments import doc_above, doc_beside, package_doc
from .parse_bodies import read_body, read_variables
from .parse_expressions import (
    place_of,
    read_expressions,
    read_parameters,
    read_results,
    read_type,
    text_of,
    type_parameters,
)
from .syntax import (
    Binding,
    Body,
    ConstSpec,
    Expr,
    Function,
    GoFile,
    Import,
    Place,
    PointerExpr,
    TypeDecl,
    TypeExpr,
    TypeName,
)

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

__all__ = ["parse_go"]

_DECLARATION: Final = re.compile(rb"^(?:func|type|const|var)\b", re.MULTILINE)


def parse_go(path: str, source: bytes) -> GoFile:
    """Return the declarations of a file.

    Args:
        path: Path of the file, as messages spell it.
        source: Text of the file.

    Returns:
        The declarations, and the places that were not understood.

    Raises:
        GenerateError: tree-sitter is not installed.
    """
    return _FileReader(path, source).read()


def _new_parser() -> Parser:
    try:
        import tree_sitter_go
        from tree_sitter import Language, Parser
    except ImportError:
        raise GenerateError(
            ("rpcgen: error: reading Go needs tree-sitter; hint: pip install 'rpcgen[go]'",)
        ) from None
    return Parser(Language(tree_sitter_go.language()))


class _FileReader:
    """Reads one file: all declarations at the top, and what is in functions when asked."""

    def __init__(self, path: str, source: bytes) -> None:
        self._path = path
        self._source = source
        self._parser = _new_parser()
        self._package = ""
        self._doc = ""
        self._imports: list[Import] = []
        self._types: list[TypeDecl] = []
        self._constants: list[ConstSpec] = []
        self._variables: list[Binding] = []
        self._functions: list[Function] = []
        self._problems: dict[Place, str] = {}

    def read(self) -> GoFile:
        """Return what the file declares."""
        root = self._parser.parse(self._source).root_node
        self._read_whole(root)
        if root.has_error:
            self._read_pieces(root)
        return GoFile(
            self._path,
            self._package,
            self._doc,
            tuple(self._imports),
            tuple(self._types),
            tuple(self._constants),
            tuple(self._variables),
            tuple(self._functions),
            tuple(sorted(self._problems.items())),
            self._source,
        )

    def _read_whole(self, root: Node) -> list[Node]:
        """Read the declarations that are whole, but for the bodies of functions."""
        found = [node for node in root.children if not _is_broken_declaration(node)]
        for node in found:
            self._declaration(node)
            if node.has_error:
                self._problems.update(self._find_problems(node))
        return found

    def _place(self, node: Node) -> Place:
        return place_of(node, self._path)

    # Text that the parser did not understand

    @cached_property
    def _lines(self) -> list[bytes]:
        return self._source.split(b"\n")

    def _find_problems(self, root: Node) -> Iterator[tuple[Place, str]]:
        waiting = [root]
        while waiting:
            node = waiting.pop()
            if node.is_error or node.is_missing:
                line = self._lines[node.start_point[0]].decode(errors="replace").strip()
                yield self._place(node), f"not understood: {line}"
            elif node.has_error:
                waiting += node.children

    def _read_pieces(self, root: Node) -> None:
        """Read each declaration by itself that was not read whole."""
        read = {node.start_byte for node in root.children if not _is_broken_declaration(node)}
        starts = [match.start() for match in _DECLARATION.finditer(self._source)]
        for start, end in zip(starts, [*starts[1:], len(self._source)], strict=False):
            if start in read:
                continue
            # The lines above are left, empty, so that places stay what they are.
            above = b"\n" * self._source.count(b"\n", 0, start)
            piece = self._parser.parse(above + self._source[start:end]).root_node
            if not self._read_whole(piece):
                self._lost(start)

    def _lost(self, start: int) -> None:
        line = self._source.count(b"\n", 0, start) + 1
        text = self._source[start:].partition(b"\n")[0].decode(errors="replace").strip()
        self._problems[Place(self._path, line)] = f"not understood, and lost: {text}"

    # Declarations

    def _declaration(self, node: Node) -> None:
        match node.type:
            case "package_clause":
                self._package = text_of(node.named_children[-1])
                self._doc = package_doc(node)
            case "import_declaration":
                self._imports += self._read_imports(node)
            case "type_declaration":
                self._types += self._read_types(node)
            case "const_declaration":
                self._constants += self._read_constants(node)
            case "var_declaration":
                self._variables += read_variables(node, self._path)
                # Functions that its values call, and those among them, are run as well.
                self._functions.append(self._function("", node, node))
            case "function_declaration":
                self._functions.append(self._read_function(node))
            case "method_declaration":
                self._functions.append(self._read_method(node))

    def _read_imports(self, node: Node) -> Iterator[Import]:
        for spec in _specs(node, "import_spec", "import_spec_list"):
            path = spec.child_by_field_name("path")
            name = spec.child_by_field_name("name")
            if path is not None:
                shown = text_of(name) if name is not None else ""
                yield Import(shown, text_of(path)[1:-1], self._place(spec))

    def _read_types(self, node: Node) -> Iterator[TypeDecl]:
        specs = [each for each in node.named_children if each.type in ("type_spec", "type_alias")]
        for spec in specs:
            name, type_ = spec.child_by_field_name("name"), spec.child_by_field_name("type")
            if name is None or type_ is None:
                continue
            # A declaration of one type alone has its comment above the word `type`.
            doc = doc_above(spec) or (doc_above(node) if len(specs) == 1 else "")
            yield TypeDecl(
                text_of(name),
                type_parameters(spec),
                read_type(type_, self._path),
                spec.type == "type_alias",
                doc or doc_beside(spec),
                self._place(spec),
            )

    def _read_constants(self, node: Node) -> Iterator[ConstSpec]:
        type_: TypeExpr | None = None
        values: list[Expr] = []
        specs = [each for each in node.named_children if each.type == "const_spec"]
        for iota, spec in enumerate(specs):
            given = spec.child_by_field_name("value")
            if given is not None:  # else those of the constant above hold on
                values = read_expressions(given, self._path)
                declared = spec.child_by_field_name("type")
                type_ = read_type(declared, self._path) if declared is not None else None
            names = [text_of(each) for each in spec.children_by_field_name("name")]
            names = [each for each in names if each != ","]
            doc = doc_above(spec) or doc_beside(spec)
            if len(specs) == 1:
                doc = doc or doc_above(node)
            for position, name in enumerate(names):
                value = values[position] if position < len(values) else None
                yield ConstSpec(name, type_, value, iota, doc, self._place(spec))

    def _read_function(self, node: Node) -> Function:
        name = node.child_by_field_name("name")
        shown = text_of(name) if name is not None else ""
        return self._function(shown, node, node.child_by_field_name("body"))

    def _function(self, name: str, node: Node, body: Node | None) -> Function:
        return Function(
            name,
            read_parameters(node.child_by_field_name("parameters"), self._path),
            read_results(node.child_by_field_name("result"), self._path),
            doc_above(node),
            self._place(node),
            type_parameters=type_parameters(node),
            body=_LazyBody(body, self._path),
        )

    def _read_method(self, node: Node) -> Function:
        plain = self._read_function(node)
        receivers = read_parameters(node.child_by_field_name("receiver"), self._path)
        receiver = receivers[0] if receivers else None
        of = receiver.type if receiver is not None else TypeName("")
        by_pointer = isinstance(of, PointerExpr)
        if isinstance(of, PointerExpr):
            of = of.element
        named = of if isinstance(of, TypeName) else TypeName("")
        return Function(
            plain.name,
            plain.parameters,
            plain.results,
            plain.doc,
            plain.place,
            receiver=named.name,
            receiver_name=receiver.name if receiver is not None else "",
            by_pointer=by_pointer,
            type_parameters=tuple(str(each) for each in named.arguments),
            body=plain.body,
        )


class _LazyBody:
    """Reads the body of a function when it is asked for: most never are."""

    def __init__(self, node: Node | None, path: str) -> None:
        self._node = node
        self._path = path
        self._body: Body | None = None

    def __call__(self) -> Body:
        if self._body is None:
            self._body = Body() if self._node is None else read_body(self._node, self._path)
        return self._body


def _specs(node: Node, kind: str, of_list: str) -> Iterator[Node]:
    for each in node.named_children:
        if each.type == kind:
            yield each
        elif each.type == of_list:
            yield from _specs(each, kind, of_list)


def _is_broken_declaration(node: Node) -> bool:
    """Return True for an error, or a declaration with one outside of a function's body."""
    if node.is_error:
        return True
    if not node.has_error:
        return False
    return any(each.has_error for each in node.children if each.type != "block")
