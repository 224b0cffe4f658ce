"""Tests of `rpcgen.gen.check.services`; more are cases in ``golden``."""

from __future__ import annotations

from rpcgen.gen.check import Checker

from .modules import Load, read, service


def test_a_good_file_has_no_problems(load: Load) -> None:
    module, loader = read(load, service("def f(self, box: Box) -> Crate: ..."))
    assert list(Checker(loader.source_of).check(module)) == []


def test_a_service_may_hold_dunder_attributes(load: Load) -> None:
    module, loader = read(load, service("__slots__ = ()", "def f(self) -> int: ..."))
    assert list(Checker(loader.source_of).check(module)) == []


def test_a_name_that_two_services_generate_is_an_error_once(load: Load) -> None:
    first = service("def account_open(self) -> int: ...", name="Bank")
    module, loader = read(load, first + service("def open(self) -> int: ...", name="BankAccount"))
    assert len(list(Checker(loader.source_of).check(module))) == 1


def test_a_service_that_a_function_makes_is_an_error(load: Load) -> None:
    made = service("def f(self) -> int: ...").replace("\n", "\n    ")
    module, loader = read(load, f"def make() -> Any:\n    {made}return Service\nService = make()\n")
    [problem] = Checker(loader.source_of).check(module)
    assert problem.reason.startswith("service 'Service' is made by a function")
    assert problem.hint == "move class Service to the top of the module"
