"""The type of the parameter that takes the options of a call."""

from __future__ import annotations

import pytest

from rpcgen.gen.names import Names
from rpcgen.gen.options import CallOptionsNames
from rpcgen.protocol.call_options import OPTION_NAMES


@pytest.fixture
def options() -> CallOptionsNames:
    return CallOptionsNames(Names([], []))


def test_type_for_other_parameters_is_that_of_all_options(options: CallOptionsNames) -> None:
    assert options.type_for(["a", "b"]) == "rpcgen.CallOptions"


def test_type_for_other_parameters_needs_no_class(options: CallOptionsNames) -> None:
    options.type_for(["a", "b"])
    assert options.classes == []


def test_type_for_an_option_has_the_others(options: CallOptionsNames) -> None:
    options.type_for(["key", "a"])
    (narrowed,) = options.classes
    names = {field.partition(":")[0] for field in narrowed.fields}
    assert names == OPTION_NAMES - {"key"}


def test_type_for_the_same_options_is_one_class(options: CallOptionsNames) -> None:
    assert options.type_for(["key", "timeout"]) == options.type_for(["timeout", "key"])


def test_type_for_all_options_has_none(options: CallOptionsNames) -> None:
    options.type_for(sorted(OPTION_NAMES))
    assert options.classes[0].fields == ()
