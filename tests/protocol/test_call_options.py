"""What a call may be told besides its arguments."""

from __future__ import annotations

import math
from typing import Any

import attrs
import pytest

from rpcgen.protocol.call_options import (
    NO_OPTIONS,
    CallDefaults,
    CallOptions,
    CallSettings,
    call_defaults,
    check_call_options,
    checked_seconds,
    resolve,
)


@attrs.define
class Surrounding:
    deadline: float | None = None
    traceparent: str = ""


def settings(
    options: Any = None,
    method_timeout: float | None = None,
    defaults: CallDefaults | None = None,
    surrounding: Surrounding | None = None,
) -> CallSettings:
    given: Any = options or {}
    return resolve(given, method_timeout, defaults, surrounding, 100.0)


def test_settings_without_options_are_those_of_plain_net_rpc() -> None:
    assert CallSettings() == NO_OPTIONS


def test_options_are_the_settings_but_for_the_deadline() -> None:
    names = {each.name for each in attrs.fields(CallSettings)}
    assert names - {"deadline"} | {"timeout"} == set(CallOptions.__optional_keys__)


def test_check_call_options_names_the_known_ones() -> None:
    options: Any = {"timout": 1.0}
    with pytest.raises(TypeError, match=r"'timout' of a call: .* key, metadata, timeout, wait_for"):
        check_call_options(options)


def test_resolve_of_nothing_is_no_options() -> None:
    assert settings() is NO_OPTIONS


def test_resolve_in_a_call_that_has_nothing_to_inherit_is_no_options() -> None:
    assert settings(surrounding=Surrounding()) is NO_OPTIONS


def test_resolve_unknown_option() -> None:
    with pytest.raises(TypeError, match="unknown option 'deadline'"):
        settings({"deadline": 1.0})


def test_resolve_timeout_is_from_now() -> None:
    assert settings({"timeout": 2}).deadline == 102.0


def test_resolve_timeout_of_the_method() -> None:
    assert settings(method_timeout=3.0).deadline == 103.0


def test_resolve_timeout_of_the_client_comes_before_that_of_the_method() -> None:
    assert settings(method_timeout=3.0, defaults=CallDefaults(4.0)).deadline == 104.0


def test_resolve_timeout_of_the_call_comes_before_that_of_the_client() -> None:
    assert settings({"timeout": 5.0}, defaults=CallDefaults(4.0)).deadline == 105.0


def test_resolve_no_timeout_undoes_that_of_the_client() -> None:
    assert settings({"timeout": None}, 3.0, CallDefaults(4.0)).deadline is None


def test_resolve_endless_timeout_is_none() -> None:
    assert settings({"timeout": math.inf}).deadline is None


@pytest.mark.parametrize(
    ("ours", "around", "deadline"),
    [(5.0, 103.0, 103.0), (2.0, 103.0, 102.0), (None, 103.0, 103.0), (2.0, None, 102.0)],
)
def test_resolve_takes_the_earlier_deadline(
    ours: float | None, around: float | None, deadline: float
) -> None:
    assert settings({"timeout": ours}, surrounding=Surrounding(around)).deadline == deadline


def test_resolve_metadata_of_client_and_call_joins() -> None:
    defaults = call_defaults(metadata={"a": "1", "b": "2"})
    assert settings({"metadata": {"b": "3"}}, defaults=defaults).metadata == {"a": "1", "b": "3"}


def test_resolve_empty_metadata_is_none() -> None:
    assert settings({"metadata": {}}).metadata is None


def test_resolve_metadata_is_a_copy() -> None:
    given = {"a": "1"}
    found = settings({"metadata": given})
    given["a"] = "2"
    assert found.metadata == {"a": "1"}


def test_resolve_inherits_the_trace() -> None:
    found = settings({"metadata": {"a": "1"}}, surrounding=Surrounding(traceparent="00-1-2-01"))
    assert found.metadata == {"a": "1", "traceparent": "00-1-2-01"}


def test_resolve_leaves_a_trace_of_the_call_alone() -> None:
    options = {"metadata": {"traceparent": "mine"}}
    found = settings(options, surrounding=Surrounding(traceparent="00-1-2-01"))
    assert found.metadata == {"traceparent": "mine"}


def test_resolve_other_options() -> None:
    found = settings({"wait_for_ready": True, "key": "k"})
    assert found == CallSettings(None, None, True, "k")


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": "1"},
        {"timeout": True},
        {"metadata": ["a"]},
        {"metadata": {"a": 1}},
        {"wait_for_ready": 1},
        {"key": None},
    ],
    ids=str,
)
def test_resolve_value_of_the_wrong_type(options: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        settings(options)


@pytest.mark.parametrize(
    "options", [{"timeout": -1.0}, {"timeout": math.nan}, {"metadata": {"A": "1"}}], ids=str
)
def test_resolve_value_that_cannot_be(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="write"):
        settings(options)


def test_call_defaults_of_nothing_are_none() -> None:
    assert call_defaults(None, {}) is None


def test_call_defaults_name_the_option_that_is_wrong() -> None:
    with pytest.raises(ValueError, match=r"call_timeout=-1"):
        call_defaults(-1)


def test_checked_seconds_takes_whole_numbers() -> None:
    assert checked_seconds("keepalive", 3) == 3.0
