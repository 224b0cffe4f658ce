"""Tests of `rpcgen.cli.remote.catalogue`."""

from __future__ import annotations

import pytest

import rpcgen
from generated.kvstore import register_kv_store
from generated.shapes import register_shapes
from rpcgen.cli.remote.catalogue import Catalogue, FieldEntry, of_description, of_page
from rpcgen.cli.remote.debug_page import PageMethod, PageService
from rpcgen.errors import SchemaError
from rpcgen.protocol.reflection import (
    Description,
    Kind,
    MemberDescription,
    MethodDescription,
    RaisedDescription,
    ServiceDescription,
    TypeDescription,
)
from tests.support.services import EchoKinds, MemoryStore, Plane

PAGE = [
    PageService(
        "KVStore",
        (
            PageMethod("Get", "string", "main.Entry", 5, 2),
            PageMethod("Stats", "struct {}", "main.Stats", 1),
        ),
    )
]


def described(service: str) -> Catalogue:
    with rpcgen.Server(reflection=True) as server:
        register_kv_store(server, MemoryStore())
        EchoKinds().register(server)
        register_shapes(server, Plane())
        with rpcgen.ReflectionClient.dial(server.listen("127.0.0.1:0").address) as reflection:
            return of_description(reflection.describe(service))


def signatures(catalogue: Catalogue) -> list[str]:
    return [each.signature for service in catalogue.services for each in service.methods]


def test_methods_of_a_page_have_signatures() -> None:
    assert signatures(of_page(PAGE)) == ["Get(string) main.Entry", "Stats() main.Stats"]


def test_parameters_that_travel_in_a_struct_are_spelled_out() -> None:
    assert signatures(described("KVStore"))[1] == (
        "Put(Key string, Value []byte, Tags map[string]string, ExpiresIn *time.Duration, "
        "IfVersion *int, Durability kvstore.Durability) int"
    )


def test_method_without_a_reply_has_none_in_its_signature() -> None:
    assert "Delete(string)" in signatures(described("KVStore"))


def test_kinds_are_spelled_as_go_does() -> None:
    found = {each.name: each for each in described("Kinds").services[0].methods}
    assert found["EchoArray"].response == "[4]int"
    assert found["EchoMap"].response == "map[string][]kinds.Cell"
    assert found["EchoAny"].response == "any"
    assert found["Nothing"].signature == "Nothing()"


def test_unions_are_spelled_out() -> None:
    found = described("Shapes").services[0].methods
    assert found[0].parameters == ("shapes.Circle | shapes.Rect | shapes.Group",)


def test_types_have_fields_and_members() -> None:
    types = {each.name: each for each in described("KVStore").types}
    assert FieldEntry("Value", "[]byte") in types["kvstore.Entry"].fields
    assert types["kvstore.Durability"].kind == "int"
    assert types["kvstore.Durability"].members
    assert "kvstore.KVStorePutArgs" not in types


def test_counts_of_a_page_are_added() -> None:
    counted = described("KVStore").counted(of_page(PAGE))
    methods = {each.name: each for each in counted.services[0].methods}
    assert (methods["Get"].calls, methods["Get"].errors) == (5, 2)
    assert (methods["Put"].calls, methods["Put"].errors) == (None, None)


# --- descriptions of strangers --------------------------------------------------------------------


def of_types(*types: TypeDescription) -> Catalogue:
    method = MethodDescription("M", request=0, response=0)
    return of_description(Description([ServiceDescription("S", methods=[method])], [*types]))


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        (Kind.UINT64, "A = 18446744073709551615"),
        (Kind.INT, "A = -1"),
        (Kind.STRING, "A = ''"),
    ],
)
def test_members_of_an_enum_are_those_of_its_underlying_type(kind: Kind, shown: str) -> None:
    members = [MemberDescription("A", -1)]
    level = TypeDescription(Kind.ENUM, "kv.Level", "Level", element=1, members=members)
    (entry,) = of_types(level, TypeDescription(kind)).types
    assert entry.members == (shown,)


@pytest.mark.parametrize("number", [1, -1, 1 << 40])
def test_type_that_is_not_there_is_refused(number: int) -> None:
    with pytest.raises(SchemaError, match="a type has the number"):
        of_types(TypeDescription(Kind.SLICE, element=number))


def test_type_that_holds_itself_has_an_end() -> None:
    assert signatures(of_types(TypeDescription(Kind.SLICE, element=0))) == ["M([]...) []..."]


def test_type_that_doubles_with_each_level_is_cut() -> None:
    levels = [TypeDescription(Kind.MAP, key=n + 1, element=n + 1) for n in range(100)]
    (signature,) = signatures(of_types(*levels, TypeDescription(Kind.INT)))
    assert len(signature) < 3000


def test_types_that_are_nested_too_deeply_are_refused() -> None:
    levels = [TypeDescription(Kind.SLICE, element=n + 1) for n in range(5000)]
    with pytest.raises(SchemaError, match="nested too deeply"):
        of_types(*levels, TypeDescription(Kind.INT))


def test_code_of_a_newer_release_is_a_number() -> None:
    raised = RaisedDescription(type=0, code=99)
    method = MethodDescription("M", raises=[raised])
    service = ServiceDescription("S", methods=[method])
    found = of_description(Description([service], [TypeDescription(Kind.STRUCT, "a.B")]))
    assert found.services[0].methods[0].raises == ("a.B (code 99)",)
