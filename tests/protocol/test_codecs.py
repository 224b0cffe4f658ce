from __future__ import annotations

from typing import Any, cast

import pytest

from rpcgen.errors import DialError
from rpcgen.protocol import (
    GobClientCodec,
    GobServerCodec,
    JsonClientCodec,
    JsonServerCodec,
    check_codec_options,
    client_codec,
    server_codec,
)
from rpcgen.protocol.options import codec_of
from tests.support.modules import modules_after


def test_client_speaks_gob_by_default() -> None:
    assert isinstance(client_codec(), GobClientCodec)


def test_client_speaks_json_if_told() -> None:
    assert isinstance(client_codec("json"), JsonClientCodec)


def test_client_refuses_an_unknown_codec() -> None:
    with pytest.raises(DialError, match="'xml' is no codec: write 'gob' or 'json'"):
        client_codec(cast(Any, "xml"))


def test_server_speaks_gob() -> None:
    assert isinstance(server_codec("gob"), GobServerCodec)


def test_server_speaks_json() -> None:
    assert isinstance(server_codec("json"), JsonServerCodec)


def test_server_refuses_an_unknown_codec() -> None:
    with pytest.raises(DialError, match="is no codec"):
        server_codec(cast(Any, "xml"))


def test_client_of_gob_does_not_import_json() -> None:
    assert "json" not in modules_after("import rpcgen.protocol")


def test_client_refuses_an_option_that_there_is_not() -> None:
    with pytest.raises(
        TypeError, match="unexpected option 'tmeout'; there are: call_timeout, codec"
    ):
        codec_of(cast(Any, {"tmeout": 3}))


def test_client_refuses_a_value_that_an_option_cannot_have() -> None:
    with pytest.raises(ValueError, match=r"^strict_names='stict': write False or True$"):
        codec_of(cast(Any, {"strict_names": "stict"}))


@pytest.mark.parametrize("name", ["codc", "timeout"])
def test_check_codec_options_names_those_that_there_are(name: str) -> None:
    with pytest.raises(
        TypeError, match=f"^listen.. got an .* '{name}'; there are: strict_names, strings"
    ):
        check_codec_options({name: 3})


def test_check_codec_options_refuses_a_value_that_there_is_not() -> None:
    with pytest.raises(ValueError, match=r"^strings=None: write 'strict' or 'surrogateescape'$"):
        check_codec_options({"strings": None})


def test_check_codec_options_takes_every_value_that_there_is() -> None:
    check_codec_options({"strings": "surrogateescape", "strict_names": True})
