"""Every module has a test file of its own, in the mirrored place."""

from __future__ import annotations

from pathlib import Path

import pytest

import rpcgen
from tests.markers import ALL_ARGUMENTS, MARKERS

PACKAGE = Path(rpcgen.__file__).parent
TESTS = Path(__file__).parent
MODULES = sorted(
    path.relative_to(PACKAGE)
    for path in PACKAGE.glob("**/*.py")
    if path.name != "__init__.py" or path.parent == PACKAGE
)

# What can be seen only through another module, and whose test file that is.
SEEN_THROUGH = {
    "__init__.py": "test_init.py",
    "__main__.py": "test_main.py",
    "aio/client_connection.py": "aio/test_client.py",
    "aio/connection.py": "aio/test_server.py",
    "aio/channel_pool.py": "aio/test_channel.py",
    "aio/remember.py": "behaviour/test_remember.py",
    "cli/__main__.py": "cli/test_commands.py",
    "cli/findings.py": "cli/test_breaking.py",
    "cli/remote/methods.py": "cli/test_call.py",
    "gen/golang/read/callbacks.py": "gen/golang/test_golden.py",
    "gen/golang/read/candidates.py": "gen/golang/test_golden.py",
    "gen/golang/read/class_names.py": "gen/golang/test_golden.py",
    "gen/golang/read/comments.py": "gen/golang/test_golden.py",
    "gen/golang/read/describe.py": "gen/golang/test_golden.py",
    "gen/golang/read/describe_types.py": "gen/golang/test_golden.py",
    "gen/golang/read/docs.py": "gen/golang/test_golden.py",
    "gen/golang/read/fields.py": "gen/golang/test_golden.py",
    "gen/golang/read/parse_bodies.py": "gen/golang/test_golden.py",
    "gen/golang/read/parse_expressions.py": "gen/golang/test_golden.py",
    "gen/golang/read/reader.py": "gen/golang/test_golden.py",
    "gen/golang/read/registered.py": "gen/golang/test_golden.py",
    "gen/golang/read/stdlib.py": "gen/golang/test_golden.py",
    "gen/golang/read/syntax.py": "gen/golang/test_golden.py",
    "gen/golang/read/transports.py": "gen/golang/test_golden.py",
    "gen/golang/read/types.py": "gen/golang/test_golden.py",
    "gen/golang/read/variables.py": "gen/golang/test_golden.py",
    "gen/idl_names.py": "gen/test_idl_text.py",
    "gen/idl_remarks.py": "gen/test_idl_text.py",
    "gen/idl_types.py": "gen/test_idl_text.py",
    "gen/idl_zeros.py": "gen/test_idl_text.py",
    "gob/accelerated/native.py": "gob/accelerated/test_encode_plan.py",
    "gob/encode/runtime.py": "gob/encode/test_compiler.py",
    "gob/encode/struct_writer.py": "gob/encode/test_compiler.py",
    "gob/streams.py": "gob/test_decoder.py",
    "gojson/decode/compiler.py": "gojson/test_decode.py",
    "gojson/decode/keys.py": "gojson/test_decode.py",
    "gojson/decode/opaque.py": "gojson/test_decode.py",
    "gojson/decode/scalars.py": "gojson/test_decode.py",
    "gojson/decode/unmarshal.py": "gojson/test_decode.py",
    "gojson/decode/untyped.py": "gojson/test_decode.py",
    "gojson/errors.py": "gojson/test_decode.py",
    "gojson/structs.py": "gojson/test_encode.py",
    "nats/worker.py": "behaviour/test_via_nats.py",
    "nats/worker_bridge.py": "behaviour/test_via_nats.py",
    "protocol/call_errors.py": "protocol/test_client.py",
    "protocol/done_queue.py": "protocol/test_client.py",
    "protocol/options.py": "sync/test_connect.py",
    "protocol/routes.py": "protocol/test_http.py",
    "resolve/announcements.py": "resolve/test_nats.py",
    "resolve/nats_announcer.py": "resolve/test_nats.py",
    "sync/channel_go.py": "channel/test_behaviour.py",
    "sync/channel_pool.py": "sync/test_channel.py",
    "sync/handshakes.py": "sync/test_server.py",
    "sync/leader_term.py": "sync/test_scheduler.py",
    "sync/serve_one.py": "sync/test_server.py",
    "sync/terminations.py": "behaviour/test_processes.py",
}


def mirrored(module: Path) -> Path:
    """Return the test file that a module has unless it is an exception."""
    return module.with_name(f"test_{module.name}")


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_module_has_a_test_file(module: Path) -> None:
    test_file = SEEN_THROUGH.get(str(module)) or mirrored(module)
    assert (TESTS / test_file).is_file()


@pytest.mark.parametrize("module", SEEN_THROUGH)
def test_exception_is_a_module(module: str) -> None:
    assert Path(module) in MODULES


@pytest.mark.parametrize("module", SEEN_THROUGH)
def test_exception_has_no_test_file_of_its_own(module: str) -> None:
    assert not (TESTS / mirrored(Path(module))).exists()


@pytest.mark.parametrize("place", [*MARKERS, *ALL_ARGUMENTS])
def test_marked_place_is_there(place: str) -> None:
    file, _, name = place.partition("::")
    assert (TESTS / file).exists()
    assert not name or f"def {name}(" in (TESTS / file).read_text()
