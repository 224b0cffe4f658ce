"""Tests of `rpcgen.cli.remote.catalogue`."""

from __future__ import annotations

import rpcgen
from generated.kvstore import register_kv_store
from generated.shapes import register_shapes
from rpcgen.cli.remote.catalogue import Catalogue, FieldEntry, of_description, of_page
from rpcgen.cli.remote.debug_page import PageMethod, PageService
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
