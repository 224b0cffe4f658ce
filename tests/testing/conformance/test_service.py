from __future__ import annotations

import re
from pathlib import Path

from rpcgen import Method
from rpcgen.testing.conformance import service
from rpcgen.testing.conformance.service import RELEASE, WAIT, register_conformance
from tests.support.apis import Api

METHODS = {
    each.name.partition(".")[2] for each in vars(service).values() if isinstance(each, Method)
}


def test_documentation_has_all_methods() -> None:
    assert set(re.findall(r"func \(Conformance\) (\w+)\(", service.__doc__ or "")) == METHODS


def test_server_of_go_has_all_methods() -> None:
    text = Path(__file__).with_name("server").joinpath("main.go").read_text()
    assert set(re.findall(r"^func \(.*?Conformance\) ([A-Z]\w+)\(", text, re.M)) == METHODS


def test_call_waits_until_it_is_released(api: Api) -> None:
    with api.serve("127.0.0.1:0", register_conformance) as address, api.dial(address) as client:
        waiting = client.go(WAIT, "gate")
        assert client.call(RELEASE, "gate")
        assert waiting.result() == "gate"
