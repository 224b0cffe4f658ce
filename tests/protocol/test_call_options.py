"""What a call may be told besides its arguments."""

from __future__ import annotations

import attrs

from rpcgen.protocol.call_options import NO_OPTIONS, CallOptions, CallSettings


def test_settings_without_options_are_those_of_plain_net_rpc() -> None:
    assert CallSettings() == NO_OPTIONS


def test_options_are_the_settings_but_for_the_deadline() -> None:
    settings = {each.name for each in attrs.fields(CallSettings)}
    assert settings - {"deadline"} | {"timeout"} == set(CallOptions.__optional_keys__)
