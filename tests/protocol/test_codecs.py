from __future__ import annotations

import subprocess
import sys
from typing import Any, cast

import pytest

from rpcgen.errors import DialError
from rpcgen.protocol import (
    GobClientCodec,
    GobServerCodec,
    JsonClientCodec,
    JsonServerCodec,
    client_codec,
    server_codec,
)


def test_client_speaks_gob_by_default() -> None:
    assert isinstance(client_codec({}), GobClientCodec)


def test_client_speaks_json_if_told() -> None:
    assert isinstance(client_codec({"codec": "json"}), JsonClientCodec)


def test_client_refuses_an_unknown_codec() -> None:
    with pytest.raises(DialError, match="'xml' is no codec: write 'gob' or 'json'"):
        client_codec(cast(Any, {"codec": "xml"}))


def test_server_speaks_gob() -> None:
    assert isinstance(server_codec("gob"), GobServerCodec)


def test_server_speaks_json() -> None:
    assert isinstance(server_codec("json"), JsonServerCodec)


def test_server_refuses_an_unknown_codec() -> None:
    with pytest.raises(DialError, match="is no codec"):
        server_codec(cast(Any, "xml"))


def test_client_of_gob_does_not_import_json() -> None:
    code = "import sys, rpcgen; sys.exit('json' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_client_refuses_an_option_that_there_is_not() -> None:
    with pytest.raises(TypeError, match="unexpected option 'tmeout'; there are: codec, limits"):
        client_codec(cast(Any, {"tmeout": 3}))
