"""Hints lead to code that works: those of the bad golden cases, followed word for word.

`FOLLOWED` says of each case what becomes of its files: pairs of what stands
there and what the hint says to write. Afterwards there must be no error left.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from rpcgen import cli

from .test_golden import BAD, GOLDEN, arguments

Edits = dict[str, list[tuple[str, str]]]

# Errors that say what is wrong, and where there is nothing to say about what is right.
WITHOUT_HINTS = {"bad_paths", "bad_syntax"}

FOLLOWED: dict[str, Edits] = {
    "bad_annotation_missing": {
        "idl.py": [("(self, a, b", "(self, a: int, b"), ("b: int):", "b: int) -> None:")]
    },
    "bad_annotation_odd": {
        "idl.py": [
            ("from typing import Annotated,", "from typing import Annotated, Any,"),
            ("WIDE = True\n", "WIDE = True\nEither = int if WIDE else str\n"),
            ("int if WIDE else str)", "Either)"),
            ("_HIDDEN = object()\n", "HIDDEN = object()\nNoted = Annotated[int, lambda: 3]\n"),
            ("_HIDDEN", "HIDDEN"),
            ("a: Annotated[int, lambda: 3]", "a: Noted"),
            ("\n\nclass Odd", "def THREE() -> int: ...\nNEW = object()\n\n\nclass Odd"),
            ("lambda: 3,", "THREE,"),
            ("b: object = object()", "b: object = NEW"),
            (": object", ": Any"),
            ("= ...,", "= 4,"),
        ]
    },
    "bad_attributes": {
        "idl.py": [
            ("    precision: int\n", "    def precision(self) -> int: ...\n"),
            ('    rounding = "up"\n', ""),
            ("    for _ in ():\n        pass\n", ""),
        ]
    },
    "bad_clashing_names": {
        "idl.py": [
            ("class ArithClient", "class Caller"),
            ("client: ArithClient", "client: Caller"),
            (
                "class AsyncArith",
                'from rpcgen.types import wire\n\n@wire("AsyncArith")\nclass Other',
            ),
        ]
    },
    "bad_clashing_methods": {
        "idl.py": [
            ("class BankTransferArgs", "class Transfer"),
            ("class BANK_CLOSE", "class Branch"),
            ("from typing import", "from rpcgen.types import wire\nfrom typing import Annotated,"),
            ("BANK_OPEN: int", 'number: Annotated[int, wire("BANK_OPEN")]'),
            ("BankOpenArgs: int", 'args: Annotated[int, wire("BankOpenArgs")]'),
            ("    def account_open", '    @wire("AccountOpen")\n    def open_account'),
        ]
    },
    "bad_raises": {
        "idl.py": [
            ("value: object", "value: Any"),
            ('text="no such key")', 'text="no such key: {key}")'),
            ('text="no such key: {id}")', 'text="no such key: {key}")'),
            ("no {key} at {at}", "no {key}"),
            ('@wire("kv.NotFound")', '@wire("kv.Missing")'),
            ('@wire("kv.Missing")\n@define\nclass Gone', '@wire("kv.Gone")\n@define\nclass Gone'),
            ('"no {key"', '"no {key}"'),
        ]
    },
    "bad_hidden_types": {
        "idl.py": [("from typing", "from __future__ import annotations\n\nfrom typing")]
    },
    "bad_constructors": {
        "idl.py": [
            ("InitVar[str]", 'InitVar[str] = ""'),
            ("@define(init=False)", "@define"),
            ("\n    def __init__(self) -> None:\n        self.value = 1.0\n", ""),
        ]
    },
    "bad_class_twice": {
        "idl.py": [
            ("class Arith(Protocol):\n    def divide", "class Other(Protocol):\n    def divide")
        ]
    },
    "bad_cycle": {"c.py": [("import bad_cycle.a\n", "")]},
    "bad_defaults": {
        "idl.py": [
            ("from enum import Enum\n", "from collections.abc import Sequence\n"),
            ("names: list[str] = []", "names: Sequence[str] = ()"),
            ("ages: dict[str, int] = {}", "ages: dict[str, int] | None = None"),
            ("a: int = ...", "a: int = 3"),
        ]
    },
    "bad_fields": {
        "common.py": [
            ("inherited: complex | int", "inherited: Any"),
            ("when: range", "when: list[int]"),
            ("never: iter", "never: int"),
            ("from attrs", "from typing import Any\n\nfrom attrs"),
            ('where: "Shared"', 'where: "Shared | None"'),
        ],
        "idl.py": [
            ("field(init=False, default=0)", "0"),
            ("untyped = field()", "untyped: int = 0"),
        ],
    },
    "bad_folder_of_messages": {
        "messages.py": [
            (
                "class Args:\n    a: int\n",
                (
                    "class Args:\n    a: int\n\n\nfrom typing import Protocol\n\n\n"
                    "class Name(Protocol):\n    def ping(self) -> None: ...\n"
                ),
            )
        ]
    },
    "bad_foreign_classes": {
        "idl.py": [
            ("class User(BaseModel)", "@define\nclass User"),
            ("class Point(Protocol)", "@define\nclass Point"),
            ("shape: Shape", "shape: Annotated[Circle, interface]"),
            ("list[Drawable]", "list[Circle | Point]"),
            ("path: Path", "path: str"),
            ("-> Decimal", "-> BigRat"),
            ("import Protocol", "import Annotated, Protocol"),
            ("import define\n", "import define\nfrom rpcgen.types import BigRat, interface\n"),
            ("class Drawable(Protocol):", "class Drawable:"),
        ]
    },
    "bad_generic": {
        "idl.py": [
            ("Protocol[T]", "Protocol"),
            ("Generic[T], Protocol", "Protocol"),
            ("_Base[int], Protocol", "Protocol"),
            ("    def last", "    def count(self, value: int) -> int: ...\n\n    def last"),
            (": T", ": int"),
            ("-> T", "-> int"),
        ]
    },
    "bad_implementation": {"idl.py": [("class More(Arith)", "class More(Arith, Protocol)")]},
    "bad_import_raises": {
        "exits.py": [('sys.exit("not today")\n', "")],
        "idl.py": [('LIMITS["large"]', 'LIMITS["small"]')],
        "missing.py": [("from nowhere.at_all import Args", "")],
        "wrong.py": [("import Missing", "import X")],
    },
    "bad_literals": {
        "idl.py": [
            ("import Literal", "import Any, Literal"),
            ('Literal["a"] | Literal["b"]', "Literal['a', 'b']"),
            ('Literal["a"] | str', "str"),
            ("Literal[1] | Literal[2, 3] | None", "Literal[1, 2, 3] | None"),
            ("Literal[1, None] | int", "int | None"),
            ('Literal["a"] | int', "Any"),
            ("Literal[True]", "bool"),
            ("Literal[True, None]", "bool | None"),
            ("Literal[True, False]", "bool"),
            ("Literal[b'x']", "bytes"),
            ("Literal[Tint.RED]", "Tint"),
            ("Literal[None]", "None"),
            ('Literal["a", 1]', 'Literal["a"]'),
            ("Literal[()]", "Literal['a', 'b']"),
            ("Literal[1] | Literal[2]", "Literal[1, 2]"),
        ]
    },
    "bad_map_key": {
        "idl.py": [
            ("@define\n", "@frozen\n"),
            ("numbers: list[int]", "numbers: int"),
            ("dict[list[int], str]", "dict[int, str]"),
            ("dict[bytes, int]", "dict[str, int]"),
        ]
    },
    "bad_marks": {
        "idl.py": [
            ("one: Annotated[int, length(3)]", "one: Annotated[bytes, length(3)]"),
            (
                "Annotated[Annotated[list[int], length(3)], length(2)]",
                "Annotated[list[Annotated[list[int], length(3)]], length(2)]",
            ),
            ("length]", "length(4)]"),
            ("wire]", 'wire("Name")]'),
            ('Annotated[int, GoType("int7")]', "Int8"),
            ("seven,inline", "seven,omitempty"),
            ("Annotated[int, embedded]", "Annotated[Circle, embedded]"),
            ("Annotated[int, interface]", "Annotated[Circle, interface]"),
            ("import GoType", "import Int8"),
        ]
    },
    "bad_messages_twice": {
        "one/common.py": [
            ("import define\n", "import define\nfrom rpcgen.types import wire\n"),
            ("@define", '@wire("one.Point")\n@define'),
        ]
    },
    "bad_methods": {
        "idl.py": [
            ("async def", "def"),
            ("    @property\n", ""),
            ("    @staticmethod\n    def pi()", "    def pi(self)"),
            ("    @classmethod\n    def make(cls)", "    def make(self)"),
            ("    @overload\n    def half(self, x: int)", "    def half_int(self, x: int)"),
            ("    @overload\n", ""),
            ("    @cache\n", ""),
            ("def selfless()", "def selfless(self)"),
            ("def twice(self) -> float", "def thrice(self) -> float"),
        ]
    },
    "bad_durable": {
        "idl.py": [
            ("key: str, value", "name: str, value"),
            ("forget(self, key: str)", 'forget(self, name: Annotated[str, wire("Key")])'),
            ("from typing import Protocol", "from typing import Annotated, Protocol"),
            ("import durable", "import durable, wire"),
        ]
    },
    "bad_durable_class": {
        "idl.py": [("@durable\nclass", "class"), ("    def put", "    @durable\n    def put")]
    },
    "bad_module_name": {},  # the files are renamed below
    "bad_names": {
        "idl.py": [
            (
                "if TYPE_CHECKING:\n    from decimal import Decimal\n",
                "from rpcgen.types import BigRat\n",
            ),
            ("Decimal", "BigRat"),
            ("Currency", "str"),
            ("Receipt", "int"),
            ('"not a type"', '"str"'),
            ("list[int]()", "list[int]"),
        ]
    },
    "bad_no_methods": {"idl.py": [('"""Nothing yet."""', "def ping(self) -> None: ...")]},
    "bad_no_service": {
        "idl.py": [
            ("from attrs", "from typing import Protocol\n\nfrom attrs"),
            ("class Arith:", "class Arith(Protocol):"),
        ]
    },
    "bad_optional_alone": {
        "idl.py": [
            (
                "class Shapes",
                (
                    "@define\nclass Found:\n    circle: Circle | None\n    number: int | None\n"
                    "    any: Circle | Square | None\n    name: str | None\n\n\nclass Shapes"
                ),
            ),
            ("find(self, name: str | None) -> Circle | None", "find(self, name: Found) -> Found"),
            (
                "any(self, shape: Circle | Square | None) -> Optional[int]",
                "any(self, shape: Found) -> Found",
            ),
        ]
    },
    "bad_recursion": {
        "idl.py": [
            ('again: "Direct"', 'again: "Direct | None"'),
            ('right: "Right"', 'right: "list[Right]"'),
        ]
    },
    "bad_recursive_alias": {
        "idl.py": [
            ('Tree = list["Tree"]', "@define\nclass Tree:\n    inner: list[Tree]\n"),
            (
                'Json = Union[str, "list[Json]"]',
                "@define\nclass Json:\n    text: str\n    all: list[Json]\n",
            ),
            ('Left = list["Right"]', "@define\nclass Left:\n    held: list[Right]\n"),
            ('Right = list["Left"]', "@define\nclass Right:\n    held: list[Left]\n"),
        ]
    },
    "bad_same_output": {"args": [("bad_same_output/one\nbad_same_output/two", "bad_same_output")]},
    "bad_service_name": {"idl.py": [('@wire("")', '@wire("v1")'), ('"\\ud800"', '"app-visor"')]},
    "bad_service_twice": {"two.py": [('@wire("Arith")', '@wire("Other")')]},
    "bad_several_files": {
        "arith.py": [("(self, a)", "(self, a: int)")],
        "broken.py": [("def f(:", "")],
        "common.py": [("x: slice", "x: int")],
        "shapes.py": [("*by: int", "by: list[int]")],
    },
    "bad_special_forms": {
        "idl.py": [
            ("never: Never", "never: int"),
            ("list[ClassVar[int]]", "list[int]"),
            ("Required[int]", "int"),
            ("NotRequired[str]", "str"),
            ("-> NoReturn", "-> None"),
            ("value: ClassVar[int]", "value: int"),
            ("Final[int]", "int"),
            ("value: LiteralString", "value: str"),
            ("Awaitable[int]", "int"),
            ("value: Optional, other: Union", "value: Optional[int], other: Message | Forms2"),
            ("-> Literal:", "-> Literal['a', 'b']:"),
            ("value: Annotated, other: ClassVar", "value: int, other: int"),
            ("value: type[int], other: type", "value: str, other: str"),
            ("IO[bytes]", "bytes"),
            ("zone: ZoneInfo", "zone: str"),
            ("Pattern[str]", "str"),
            ("-> IPv4Network", "-> NetipPrefix"),
            ("import define\n", "import define\nfrom rpcgen.types import NetipPrefix\n"),
            ("some: MutableSet", "some: set[int]"),
            ("all: Container[int]", "all: Sequence[int]"),
            ("-> MutableMapping", "-> dict[str, int]"),
            ("import Awaitable,", "import Awaitable, Sequence,"),
            ("\n\nclass Forms", "@define\nclass Forms2:\n    x: int\n\n\nclass Forms"),
        ]
    },
    "bad_star_parameters": {
        "idl.py": [
            ("*numbers: int", "numbers: list[int]"),
            ("**options: str", "options: dict[str, str]"),
        ]
    },
    "bad_type_variable": {
        "idl.py": [
            ("class Orders(Page)", "class Orders(Page[int])"),
            ("Growing[list[T]] | None", "Growing[T] | None"),
            ('Literal["a", 1]', "Literal[1, 2]"),
            ("-> Page:", "-> Page[int]:"),
            ("(self, value: T) -> list[T]", "(self, value: int) -> list[int]"),
            ("-> Page[T]:", "-> Page[str]:"),
        ]
    },
    "bad_types": {
        "idl.py": [
            ("class Plain", "@define\nclass Plain"),
            ("class Data(Protocol)", "@define\nclass Data"),
            ("class Typed(TypedDict)", "@define\nclass Typed"),
            ("class Named(NamedTuple)", "@define\nclass Named"),
            ("bad: bytearray", "bad: bytes"),
            ("Iterable[str]", "Sequence[str]"),
            ("value: set) -> frozenset", "value: set[int]) -> frozenset[str]"),
            ("Callable[[int], int]", "int"),
            ("value: list) -> dict", "value: list[int]) -> dict[str, int]"),
            ("tuple[int, str]) -> tuple:", "tuple[int, ...]) -> Named:"),
            ("value: Sequence) -> object", "value: Sequence[int]) -> Any"),
            ("value: bytearray) -> memoryview", "value: bytes) -> bytes"),
            ("list[bytearray]", "list[bytes]"),
            ("import Literal,", "import Any, Literal,"),
        ]
    },
    "bad_union": {
        "idl.py": [
            ("import Protocol", "import Any, Protocol"),
            ("Circle | int", "Circle | Number"),
            ("Union[int, str]", "Any"),
            ("Circle | bytes | None", "Circle | Number | None"),
            ("class Shapes", "@define\nclass Number:\n    n: int\n\n\nclass Shapes"),
        ]
    },
    "bad_wire_names_private": {
        "idl.py": [
            ("_hidden: int", '_hidden: Annotated[int, wire("Hidden")]'),
            ('small: Annotated[int, wire("small")]', 'small: Annotated[int, wire("Small")]'),
            ("    def _helper", '    @wire("Helper")\n    def _helper'),
            ('@wire("lower")', '@wire("Lower")'),
            ('@wire("Not A Name")', '@wire("Name")'),
            ("    def __len__", '    @wire("Len")\n    def __len__'),
            ("_a: int", "a: int"),
            ('b: Annotated[int, wire("b")]', 'b: Annotated[int, wire("Name")]'),
        ]
    },
    "bad_wire_names_twice": {
        "idl.py": [
            ("    UserID: int", '    UserID: Annotated[int, wire("Name")]'),
            ("    def userID", '    @wire("Name")\n    def userID'),
            ('@wire("UserID")', '@wire("Other")'),
            ('wire("FirstName")', 'wire("Name")'),
        ]
    },
}


NEW_SYNTAX = """
from typing import Protocol

from attrs import define


@define
class Page[T]:
    items: list[T]
    next: "Page[T] | None" = None


@define
class Users(Page[str]):
    list: "list[int] | None" = None


type Pages[T] = list[Page[T]]
type Tree = list[Tree]


class S(Protocol):
    def f(self, page: Page[int], pages: Pages[str]) -> Users: ...
"""


@pytest.mark.skipif(sys.version_info < (3, 12), reason="class X[T] came with Python 3.12")
def test_generic_messages_of_the_new_syntax_are_generated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "idl.py").write_text(NEW_SYNTAX)
    assert cli.main(["idl.py", "-o", "generated"]) == 0
    (tmp_path / "idl.py").write_text(NEW_SYNTAX.replace("Page[int]", "Tree"))
    assert cli.main(["idl.py", "-o", "generated"]) == 1
    assert "idl.py:23:23: error: type Tree contains itself" in capsys.readouterr().err


def test_every_bad_case_is_mended() -> None:
    assert set(FOLLOWED) | WITHOUT_HINTS == set(BAD)


@pytest.mark.parametrize("case", FOLLOWED)
def test_hints_lead_to_output(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(GOLDEN)
    shutil.copytree(GOLDEN / case, tmp_path / case)
    monkeypatch.chdir(tmp_path)
    for name, edits in FOLLOWED[case].items():
        path = tmp_path / case / name
        text = path.read_text()
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        path.write_text(text)
    if case == "bad_module_name":
        service = (
            "from typing import Protocol\n\n\nclass S(Protocol):\n    def f(self) -> int: ...\n"
        )
        (tmp_path / case / "class.py").rename(tmp_path / case / "klass.py").write_text(service)
        (tmp_path / case / "not-a-name.py").rename(tmp_path / case / "name.py")
    args = tmp_path / case / "args"
    command = args.read_text().split() if args.exists() else arguments(case)
    status = cli.main([*command, "-o", "generated"])
    assert (status, capsys.readouterr().err.count("error:")) == (0, 0), capsys.readouterr()
