from __future__ import annotations

from pathlib import Path

import pytest

from generated.arith import ARITH_DIVIDE, Args
from rpcgen.cli import main
from rpcgen.testing.recording.file import RecordingWriter
from tests.support.apis import APIS
from tests.testing.recording.recorded import recorded


@pytest.fixture
def recording(tmp_path: Path) -> str:
    with recorded(APIS["sync"], tmp_path / "calls.jsonl") as client:
        client.call(ARITH_DIVIDE, Args(17, 8))
    return str(tmp_path / "calls.jsonl")


def test_idl_is_one_that_rpcgen_takes(recording: str, tmp_path: Path) -> None:
    idl = tmp_path / "idl" / "arith.py"
    assert main(["from-record", recording, "-o", str(idl)]) == 0
    assert "def divide(self, args: Args) -> Quotient: ..." in idl.read_text()
    assert main([str(idl), "-o", str(tmp_path / "generated"), "--root", str(tmp_path)]) == 0


def test_idl_is_printed_without_a_file(recording: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["from-record", recording]) == 0
    assert "class Arith(Protocol):" in capsys.readouterr().out


def test_file_that_is_there_is_written_over_with_force_alone(
    recording: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    idl = tmp_path / "arith.py"
    idl.write_text("mine")
    assert main(["from-record", recording, "-o", str(idl)]) == 1
    assert "--force" in capsys.readouterr().err
    assert idl.read_text() == "mine"
    assert main(["from-record", recording, "-o", str(idl), "--force"]) == 0
    assert "class Arith" in idl.read_text()


def test_recording_without_calls_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    RecordingWriter(tmp_path / "empty", "").close()
    assert main(["from-record", str(tmp_path / "empty")]) == 1
    assert "has no call of a service: record some first" in capsys.readouterr().err


def test_file_that_is_no_recording_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["from-record", __file__]) == 1
    assert "no object of JSON" in capsys.readouterr().err
