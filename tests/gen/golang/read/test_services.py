"""Tests of `rpcgen.gen.golang.read.services`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rpcgen.gen.golang.read.constants import Constants
from rpcgen.gen.golang.read.methods import Methods
from rpcgen.gen.golang.read.packages import Package, Packages
from rpcgen.gen.golang.read.services import Registration, Services, Unplain
from rpcgen.gen.golang.read.types import Resolver
from rpcgen.gen.golang.read.variables import Variables

HEAD = """package a

import "net/rpc"

const Name = "named"

type T struct{}

func (t *T) Get(a int, b *int) error { return nil }

func New() (*T, error) { return &T{}, nil }

type Getter interface{ Get(a int, b *int) error }

func Any() Getter { return nil }

var global = &T{}

type Holder struct{ inner *T; server *rpc.Server }

"""


def find(package: Package) -> list[Registration | Unplain]:
    resolver = Resolver(Packages())
    methods = Methods(resolver)
    variables = Variables(resolver, methods)
    return Services(resolver, Constants(resolver), methods, variables).find([package])


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("rpc.Register(new(T))", "T"),
        ("rpc.Register(&T{})", "T"),
        ("rpc.Register(global)", "T"),
        ("var t T\n\trpc.Register(&t)", "T"),
        ("t := new(T)\n\trpc.Register(t)", "T"),
        ("t, err := New()\n\t_ = err\n\trpc.Register(t)", "T"),
        ("h := Holder{}\n\th.server.Register(h.inner)", "T"),
        ("rpc.NewServer().Register(new(T))", "T"),
        ("s := rpc.NewServer()\n\tif err := s.Register(new(T)); err != nil { }", "T"),
        ("c := make(chan *T, 1)\n\tt := <-c\n\trpc.Register(t)", "T"),
        ('rpc.RegisterName("a-b", new(T))', "a-b"),
        ("rpc.RegisterName(Name, new(T))", "named"),
        ('rpc.RegisterName(Name+".v1", new(T))', "named.v1"),
        ('n := "local"\n\trpc.RegisterName(n, new(T))', "local"),
        ("func() { rpc.Register(new(T)) }()", "T"),
    ],
)
def test_registration_is_found(load: Callable[..., Package], body: str, name: str) -> None:
    found = find(load(a=f"{HEAD}func main() {{\n\t{body}\n}}\n"))
    assert [each.name for each in found if isinstance(each, Registration)] == [name]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("rpc.Register(Any())", "a.Getter is an interface: its type is not known"),
        ("rpc.Register(unknown())", "the type of what is registered takes more than looking"),
        ("rpc.RegisterName(unknown(), new(T))", "the name of a.T is no constant"),
    ],
)
def test_registration_that_is_not_plain_says_why(
    load: Callable[..., Package], body: str, reason: str
) -> None:
    found = find(load(a=f"{HEAD}func main() {{\n\t{body}\n}}\n"))
    assert [each.reason for each in found if isinstance(each, Unplain)] == [reason]


def test_registration_with_another_package_is_passed_over(load: Callable[..., Package]) -> None:
    text = HEAD.replace('import "net/rpc"', 'import ("net/rpc"; "example.com/metrics")')
    assert find(load(a=f"{text}func main() {{ metrics.Register(new(T)) }}\n")) == []


def test_function_that_registers_what_it_is_given_registers(load: Callable[..., Package]) -> None:
    wrapper = "func register(n string, v any) { rpc.RegisterName(n, v) }\n"
    found = find(load(a=f'{HEAD}{wrapper}func main() {{ register("own", new(T)) }}\n'))
    assert [each.name for each in found if isinstance(each, Registration)] == ["own"]


def test_method_that_registers_what_it_is_given_registers(load: Callable[..., Package]) -> None:
    wrapper = "func (h Holder) Add(v any) error { return h.server.Register(v) }\n"
    found = find(load(a=f"{HEAD}{wrapper}func main() {{ Holder{{}}.Add(new(T)) }}\n"))
    assert [each.name for each in found if isinstance(each, Registration)] == ["T"]


@pytest.mark.parametrize(
    "variable",
    [
        "var _ = rpc.Register(new(T))",
        "var err = must(rpc.Register(new(T)))",
        "var run = func() { service := &T{}; rpc.Register(service) }",
        "var (\n\tcommand = Command{Run: func() error { return rpc.Register(global) }}\n)",
    ],
)
def test_registration_in_a_variable_of_the_package_is_found(
    load: Callable[..., Package], variable: str
) -> None:
    found = find(load(a=f"{HEAD}{variable}\n"))
    assert [each.name for each in found if isinstance(each, Registration)] == ["T"]


def test_registration_by_a_dot_import_is_found(load: Callable[..., Package]) -> None:
    text = HEAD.replace('"net/rpc"', '. "net/rpc"')
    found = find(load(a=f"{text}func main() {{ Register(new(T)) }}\n"))
    assert [each.name for each in found if isinstance(each, Registration)] == ["T"]


def test_name_of_a_dot_import_that_something_else_has_is_not_it(
    load: Callable[..., Package],
) -> None:
    text = HEAD.replace('"net/rpc"', '. "net/rpc"')
    assert find(load(a=f"{text}func Register(v int) {{}}\nfunc main() {{ Register(1) }}\n")) == []


@pytest.mark.parametrize(
    "body",
    [
        "do(rpc.Register)",
        "f := rpc.NewServer().Register\n\tf(new(T))",
        "s := rpc.NewServer()\n\tregister = s.Register",
        "var h Holder\n\treturn h.server.Register",
    ],
)
def test_register_that_is_handed_on_is_told(load: Callable[..., Package], body: str) -> None:
    found = find(load(a=f"{HEAD}func main() {{\n\t{body}\n}}\n"))
    assert [each.reason for each in found if isinstance(each, Unplain)] == [
        "Register is handed on, so what it registers takes more than looking"
    ]


def test_register_of_something_else_may_be_handed_on(load: Callable[..., Package]) -> None:
    assert find(load(a=f"{HEAD}func main() {{ do(metrics.Register, T{{}}.Register) }}\n")) == []
