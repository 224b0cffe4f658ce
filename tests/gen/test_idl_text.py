"""IDL files written from descriptions: the generator takes them, and the wire is the same."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from attrs import frozen

from rpcgen.errors import SchemaError
from rpcgen.gen import generate, write
from rpcgen.gen.idl_remarks import Remarks
from rpcgen.gen.idl_text import write_idl
from rpcgen.gen.load import isolated_imports
from rpcgen.gob import Registry as Types
from rpcgen.gob.definitions import TypeTable
from rpcgen.protocol import Registry
from rpcgen.protocol.reflection import (
    Description,
    FieldDescription,
    Kind,
    MemberDescription,
    MethodDescription,
    ServiceDescription,
    TypeDescription,
)
from rpcgen.protocol.server_reflection import describe
from rpcgen.schema import Schema, schema_of

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).with_name("golden")


@frozen
class Case:
    """A generated module, by its name below a folder."""

    root: Path
    module: str

    def __str__(self) -> str:
        return self.module


def cases() -> Iterator[Case]:
    for path in sorted(GOLDEN.glob("*/generated/**/*.py")):
        if path.name != "__init__.py":
            yield Case(GOLDEN, ".".join(path.relative_to(GOLDEN).with_suffix("").parts))
    for folder in ("generated", "docs/delve/generated", "benchmarks/generated", "rpcgen/services"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.name != "__init__.py":
                yield Case(ROOT, ".".join(path.relative_to(ROOT).with_suffix("").parts))


CASES = list(cases())


class Implementation:
    """Answers every method, with nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **named: None


def served(module: ModuleType) -> Registry:
    """Return a registry with all services of a generated module."""
    registry = Registry()
    for name, value in vars(module).items():
        if not name.startswith("register_") or name.startswith("register_async_"):
            continue
        if "implementation" in inspect.signature(value).parameters:
            value(registry, Implementation())
    return registry


def definitions(schema: Schema[Any]) -> list[bytes]:
    return list(TypeTable().definitions(schema))


def wire_of(registry: Registry) -> dict[str, Any]:
    """Return what a peer sees of each method."""
    found = {}
    for service in registry.services:
        for name, each in service.methods.items():
            assert each.method is not None
            raised = [
                (schema_of(e.error).go, definitions(schema_of(e.error)), e.text, e.error.code)
                for e in each.method.raises
            ]
            found[f"{service.name}.{name}"] = (
                definitions(each.request),
                definitions(each.response),
                raised,
                each.method.timeout,
                each.method.idempotent,
                each.method.durable,
            )
    return found


def written(description: Description, folder: Path, module: str = "idl") -> ModuleType:
    """Return the module that is generated from the IDL of a description."""
    path = folder / "rebuilt" / f"{module}.py"
    path.write_text(write_idl(description, module=module))
    write(generate([str(path)], folder / "made").files)
    return importlib.import_module(f"made.{module}")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rebuilt_idl_is_the_same_on_the_wire(case: Case, tmp_path: Path) -> None:
    with mock.patch("rpcgen.values.registry.registry", Types()):
        if case.root == GOLDEN:
            with isolated_imports(case.root):
                original = served(importlib.import_module(case.module))
                description, wire = describe(original.services), wire_of(original)
        else:
            original = served(importlib.import_module(case.module))
            description, wire = describe(original.services), wire_of(original)
    for name in ("rebuilt", "made"):
        (tmp_path / name).mkdir()
    with mock.patch("rpcgen.values.registry.registry", Types()), isolated_imports(tmp_path):
        rebuilt = served(written(description, tmp_path, case.module.rpartition(".")[2]))
        assert wire_of(rebuilt) == wire


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rebuilt_idl_is_formatted(case: Case, tmp_path: Path) -> None:
    with mock.patch("rpcgen.values.registry.registry", Types()), isolated_imports(case.root):
        description = describe(served(importlib.import_module(case.module)).services)
    path = tmp_path / "idl.py"
    path.write_text(write_idl(description))
    assert formatted_differently(path) == ""


def formatted_differently(path: Path) -> str:
    """Return what ruff would change in a file."""
    ruff = Path(sysconfig.get_path("scripts")) / "ruff"
    settings = ["--isolated", "--line-length=100", "--target-version=py311"]
    done = subprocess.run(
        [ruff, "format", "--diff", *settings, path], capture_output=True, text=True, timeout=60
    )
    return done.stdout


def described(*types: TypeDescription, **method: Any) -> Description:
    """Return a service of one method, whose request is the first of the types."""
    given = MethodDescription(**{"name": "Get", "python": "get", **method})
    service = ServiceDescription("Kv", "Kv", "", [given])
    return Description([service], list(types))


def struct(*fields: FieldDescription, **more: Any) -> TypeDescription:
    return TypeDescription(Kind.STRUCT, "kv.Item", "Item", fields=list(fields), **more)


INT = TypeDescription(Kind.INT)


def test_service_without_names_in_python_gets_them_from_the_wire() -> None:
    text = write_idl(
        Description(
            [ServiceDescription("app-visor.v1", methods=[MethodDescription("GetAll")])], [INT]
        )
    )
    assert '@wire("app-visor.v1")\nclass AppVisorV1(Protocol):' in text
    assert "    def get_all(self, args: int) -> int: ..." in text


def test_method_whose_name_python_spells_otherwise_says_so() -> None:
    assert '@wire("Get")\n    def fetch(self' in write_idl(described(INT, python="fetch"))


def test_field_without_a_name_in_python_gets_one_from_the_wire() -> None:
    text = write_idl(described(struct(FieldDescription("UserID", type=1)), INT))
    assert "    user_id: int\n" in text


def test_type_of_another_package_says_its_name() -> None:
    assert '@wire("kv.Item")\n@define\nclass Item:' in write_idl(described(struct()))


def test_type_of_the_package_needs_no_name() -> None:
    assert "@wire" not in write_idl(described(struct()), module="deep.kv")


def test_types_of_one_name_get_two() -> None:
    other = TypeDescription(Kind.STRUCT, "other.Item", "Item")
    text = write_idl(described(struct(), other, response=1))
    assert "def get(self, args: Item) -> Item_: ..." in text


def test_class_named_like_a_builtin_gets_another_name() -> None:
    named = TypeDescription(Kind.STRUCT, "kv.list", "list")
    assert "class list_:" in write_idl(described(named))


def test_parameters_that_no_generator_would_call_so_stay_a_message() -> None:
    text = write_idl(described(struct(FieldDescription("A", "a", 1)), INT, takes_struct=True))
    assert "def get(self, args: Item) -> Item: ..." in text


def test_type_that_encodes_itself_says_that_only_its_bytes_are_known() -> None:
    own = TypeDescription(Kind.OPAQUE, "kv.Own", "Own", encoding="binary")
    text = write_idl(described(own))
    assert "# A type that encodes itself: only its bytes are known here" in text
    assert "def marshal_binary(self) -> bytes:" in text


def test_default_that_is_not_known_is_left_out_with_a_comment() -> None:
    text = write_idl(described(struct(FieldDescription("A", "a", 1, has_default=True)), INT))
    assert "    # Has a default that no literal can say.\n    a: int\n" in text


@pytest.mark.parametrize("default", ["1e999", "(1, 1e999)", "1e999j", "{1: 2}", "[1]", "x", "("])
def test_default_that_is_no_literal_is_left_out(default: str) -> None:
    text = write_idl(described(struct(FieldDescription("A", "a", 1, True, default)), INT))
    assert "    a: int\n" in text


def test_timeout_without_end_is_left_out() -> None:
    assert "timeout" not in write_idl(described(INT, timeout=float("inf")))


def test_members_of_an_enum_that_are_no_identifiers_are_left_out_with_a_comment() -> None:
    color = TypeDescription(
        Kind.ENUM,
        "kv.Color",
        "Color",
        element=1,
        base="IntEnum",
        members=[MemberDescription("RED", 1), MemberDescription("a b", 2)],
    )
    text = write_idl(described(color, INT))
    assert "    RED = 1\n    # Members whose names are no identifiers are left out.\n" in text


@pytest.mark.parametrize(
    ("kind", "number", "written"),
    [(Kind.UINT8, 200, 200), (Kind.UINT64, -1, (1 << 64) - 1), (Kind.INT32, -1, -1)],
    ids=str,
)
def test_enum_has_its_underlying_type(kind: Kind, number: int, written: int) -> None:
    members = [MemberDescription("A", number)]
    color = TypeDescription(Kind.ENUM, "kv.Color", "Color", element=1, members=members)
    text = write_idl(described(color, TypeDescription(kind)), module="kv")
    head = f"@underlying({kind.value.capitalize()})\nclass Color(IntEnum):\n"
    assert f"{head}    A = {written}\n" in text


def test_names_that_a_field_hides_are_imported_under_another_name() -> None:
    own = struct(FieldDescription("Length", "length", 1))
    array = TypeDescription(Kind.ARRAY, python="list", element=2, length=3)
    text = write_idl(described(own, array, INT))
    assert "from rpcgen.types import length as length_\n" in text
    assert "    length: Annotated[list[int], length_(3)]\n" in text


def test_remarks_stand_where_they_belong() -> None:
    remarks = Remarks(
        doc="About it.",
        end=["the end"],
        types={0: ["a type"]},
        fields={(0, "A"): ["a field"]},
        tails={0: ["its tail"]},
        services={0: ["below"]},
        methods={(0, "Get"): ["a method"]},
    )
    text = write_idl(described(struct(FieldDescription("A", "a", 1)), INT), remarks=remarks)
    body = """
class Item:
    # a type
    # a field
    a: int
    # its tail


class Kv(Protocol):
    # a method
    def get(self, args: Item) -> Item: ...

    # below


# the end
"""
    assert text.startswith('"""About it."""\n\nfrom __future__')
    assert text.endswith(body)


def test_remark_that_is_too_long_is_wrapped() -> None:
    text = write_idl(described(struct()), remarks=Remarks(types={0: ["word " * 40]}))
    assert max(map(len, text.splitlines())) <= 100


def test_values_of_a_named_number_follow_it() -> None:
    named = TypeDescription(Kind.UINT8, "kv.Port", "Port")
    remarks = Remarks(constants={0: [("PORT_HTTP", 80)]})
    text = write_idl(described(named), remarks=remarks)
    assert 'Port = NewType("Port", Uint8)\nPORT_HTTP = Port(80)\n' in text


ZEROS = [
    (INT, "0"),
    (TypeDescription(Kind.BOOL), "False"),
    (TypeDescription(Kind.STRING), '""'),
    (TypeDescription(Kind.BYTES), 'b""'),
    (TypeDescription(Kind.FLOAT32), "0.0"),
    (TypeDescription(Kind.COMPLEX128), "0j"),
    (TypeDescription(Kind.POINTER, element=2), "None"),
    (TypeDescription(Kind.INTERFACE), "None"),
    (TypeDescription(Kind.SLICE, python="list", element=2), "field(factory=list)"),
    (TypeDescription(Kind.SLICE, python="tuple", element=2), "()"),
    (TypeDescription(Kind.MAP, python="dict", key=2, element=2), "field(factory=dict)"),
    (TypeDescription(Kind.ARRAY, python="bytes", element=3, length=4), "bytes(4)"),
    (
        TypeDescription(Kind.ARRAY, python="list", element=2, length=4),
        "field(factory=lambda: [0] * 4)",
    ),
    (
        TypeDescription(Kind.ARRAY, python="list", element=4, length=4),
        "field(factory=lambda: [[] for _ in range(4)])",
    ),
    (TypeDescription(Kind.ARRAY, python="tuple", element=2, length=4), "(0,) * 4"),
    (TypeDescription(Kind.INT64, "time.Duration", "timedelta"), "timedelta()"),
    (TypeDescription(Kind.OPAQUE, "time.Time"), "datetime(1, 1, 1, tzinfo=UTC)"),
    (TypeDescription(Kind.OPAQUE, "uuid.UUID"), "UUID(int=0)"),
    (TypeDescription(Kind.OPAQUE, "big.Rat"), "Fraction()"),
    (TypeDescription(Kind.OPAQUE, "kv.Own", "Own", encoding="gob"), "Own()"),
    (TypeDescription(Kind.INT, "kv.Level", "Level"), "Level(0)"),
    (TypeDescription(Kind.STRUCT, "kv.Other", "Other"), "field(factory=Other)"),
    (TypeDescription(Kind.STRUCT, "kv.Other", "Other", hashable=True), "Other()"),
    (
        TypeDescription(
            Kind.ENUM,
            "kv.Color",
            "Color",
            element=2,
            base="OpenIntEnum",
            members=[MemberDescription("NONE", 0)],
        ),
        "Color.NONE",
    ),
    (
        TypeDescription(Kind.ENUM, "kv.Color", "Color", element=2, base="OpenIntEnum"),
        "Color(0)",
    ),
]


@pytest.mark.parametrize(("of", "zero"), ZEROS, ids=[zero for _, zero in ZEROS])
def test_zero_of_a_field_is_its_default(of: TypeDescription, zero: str) -> None:
    parts = [TypeDescription(Kind.UINT8), TypeDescription(Kind.SLICE, python="list", element=2)]
    given = described(struct(FieldDescription("A", "a", 1)), of, INT, *parts)
    text = write_idl(given, remarks=Remarks(zeros=True))
    lines = [line for line in text.splitlines() if line.startswith("    a: ")]
    assert [line.partition(" = ")[2] for line in lines] == [zero]


def test_fields_of_any_length_are_formatted(tmp_path: Path) -> None:
    fields = [
        FieldDescription("A" * size, f"ids{size}", 1, json=",omitempty") for size in range(1, 80)
    ]
    strings = TypeDescription(Kind.SLICE, python="list", element=2)
    given = described(struct(*fields), strings, TypeDescription(Kind.STRING))
    path = tmp_path / "idl.py"
    path.write_text(write_idl(given, remarks=Remarks(zeros=True)))
    assert formatted_differently(path) == ""


def test_zero_of_a_struct_in_many_places_is_found_once() -> None:
    types = [struct()]
    for number in range(40, 0, -1):  # each is in twice as many places as the one around it
        held = [FieldDescription(name, name.lower(), number) for name in "AB"]
        types.insert(0, struct(*held))
    text = write_idl(described(*types), remarks=Remarks(zeros=True))
    assert "    a: Item_ = field(factory=Item_)" in text


def test_class_comes_after_those_that_its_zeros_are_made_of() -> None:
    held = TypeDescription(Kind.STRUCT, "kv.Held", "Held")
    given = described(struct(FieldDescription("A", "a", 1)), held)
    text = write_idl(given, remarks=Remarks(zeros=True))
    assert text.index("class Held") < text.index("class Item")


HOSTILE = "x = __import__('os').system('false')"


@pytest.mark.parametrize(
    "description",
    [
        described(INT, name=HOSTILE, python=HOSTILE, parameter=HOSTILE),
        described(INT, doc=f'"""\n{HOSTILE}\n"""'),
        described(INT, doc=HOSTILE + "\\"),
        Description([ServiceDescription(f'"){HOSTILE}\n', HOSTILE, f'\\"""{HOSTILE}')]),
        described(TypeDescription(Kind.STRUCT, f'")\n{HOSTILE}', HOSTILE, doc=HOSTILE)),
        described(TypeDescription(Kind.ENUM, HOSTILE, HOSTILE, element=1, base=HOSTILE), INT),
        described(TypeDescription(Kind.OPAQUE, HOSTILE, HOSTILE, encoding=HOSTILE)),
        described(TypeDescription(Kind.SLICE, "", HOSTILE, element=1), INT),
        described(TypeDescription(Kind.INT, HOSTILE, HOSTILE)),
        described(struct(FieldDescription(HOSTILE, HOSTILE, 1, True, HOSTILE, HOSTILE)), INT),
        described(struct(FieldDescription("A", "a", 1, True, "print(1)")), INT),
        described(struct(FieldDescription("A", "a", 1, True, "[__import__]")), INT),
    ],
    ids=range(12),
)
def test_text_of_a_stranger_is_never_code(description: Description) -> None:
    tree = ast.parse(write_idl(description))
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert called <= {"cls", "wire", "NewType", "json_tag", "define", "field"}
    assert not names & {"__import__", "print", "x"}


@pytest.mark.parametrize(
    "types",
    [
        [TypeDescription(Kind.SLICE, python="list", element=0)],
        [TypeDescription(Kind.SLICE, "kv.List", "list", element=0)],
        [TypeDescription(Kind.SLICE, python="list", element=1)],
        [TypeDescription(Kind.MAP, python="dict", key=-1)],
        [TypeDescription(Kind.ENUM, "kv.Color", "Color", element=7)],
        [TypeDescription(Kind("chan"))],
        [],
    ],
    ids=["endless", "endless name", "missing", "negative", "enum", "kind", "none"],
)
def test_description_that_contradicts_itself_is_an_error(types: list[TypeDescription]) -> None:
    with pytest.raises(SchemaError):
        write_idl(described(*types))


def test_durable_method_whose_parameter_is_a_key_is_a_plain_one() -> None:
    # As a method that was made without an IDL may be, and none that has one.
    types = [TypeDescription(Kind.STRING)]
    methods = [
        MethodDescription("F", "f", parameter=name, durable=True) for name in ("key", "other")
    ]
    methods[1].name = methods[1].python = "G"
    description = Description([ServiceDescription("S", "S", methods=methods)], types)
    text = write_idl(description)
    assert "    def f(self, key: str) -> str: ...\n\n    @durable\n    def" in text
