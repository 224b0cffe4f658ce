"""Tests of `rpcgen.cli.from_go`."""

from __future__ import annotations

from pathlib import Path

import pytest

from rpcgen import cli

GO = """package arith

import "net/rpc"

type Args struct{ A, B int }

type Arith int

func (t *Arith) Multiply(args Args, reply *int) error { return nil }

func main() { rpc.Register(new(Arith)) }
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working directory, with a package of Go in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "service").mkdir()
    (tmp_path / "service" / "arith.go").write_text(GO)
    return tmp_path


def run(*arguments: str) -> int:
    return cli.main(["from-go", "service", *arguments])


def change(project: Path) -> None:
    text = GO.replace("Multiply", "Divide")
    (project / "service" / "arith.go").write_text(text)


def test_idl_is_written(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("-o", "idl/arith.py") == 0
    assert capsys.readouterr().out == "wrote idl/arith.py\n"
    assert "def multiply(self, args: Args) -> int: ..." in (project / "idl/arith.py").read_text()


def test_idl_is_one_that_rpcgen_takes(project: Path) -> None:
    run("-o", "idl/arith.py")
    assert cli.main(["idl/arith.py", "-o", "generated"]) == 0


def test_idl_is_printed_without_a_file(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    assert "class Arith(Protocol):" in capsys.readouterr().out


def test_second_run_changes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("-o", "arith.py")
    capsys.readouterr()
    assert run("-o", "arith.py") == 0
    assert capsys.readouterr().out == "arith.py is up to date\n"


def test_summary_counts(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("-o", "arith.py")
    assert capsys.readouterr().err == "1 service, 1 of 1 methods, from 1 Go file; 0 notes\n"


def test_changed_go_is_written_over_what_nobody_edited(project: Path) -> None:
    run("-o", "arith.py")
    change(project)
    assert run("-o", "arith.py") == 0
    assert "def divide" in (project / "arith.py").read_text()


def test_edited_file_is_left_alone(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("-o", "arith.py")
    edited = (project / "arith.py").read_text() + "# mine\n"
    (project / "arith.py").write_text(edited)
    change(project)
    assert run("-o", "arith.py") == 1
    assert (project / "arith.py").read_text() == edited
    assert "arith.py was edited, so it is left alone" in capsys.readouterr().err


def test_edited_file_is_fine_while_the_go_is_as_it_was(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("-o", "arith.py")
    with (project / "arith.py").open("a") as file:
        file.write("# mine\n")
    capsys.readouterr()
    assert run("-o", "arith.py") == 0
    assert capsys.readouterr().out == "arith.py is up to date, with edits\n"


def test_file_of_somebody_else_is_left_alone(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "arith.py").write_text("x = 1\n")
    assert run("-o", "arith.py") == 1
    assert "arith.py was not written by from-go" in capsys.readouterr().err


def test_comments_of_go_are_left_out_on_request(project: Path) -> None:
    text = GO.replace("type A", "// What is added.\ntype A").replace(
        "{ A, B int }", "{\nA, B int // first\n}"
    )
    (project / "service" / "arith.go").write_text(f"// Sums.\n{text}")
    run("-o", "arith.py")
    assert '"""What is added."""' in (project / "arith.py").read_text()
    run("-o", "arith.py", "--no-docs")
    written = (project / "arith.py").read_text()
    assert not any(each in written for each in ("What is added.", "Sums.", "first"))
    assert written.startswith("# Written by `rpcgen from-go service --no-docs`.\n")


def test_file_that_is_no_module_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("-o", "arith-service.py") == 2
    assert "call it arith_service.py" in capsys.readouterr().err


def test_force_overwrites(project: Path) -> None:
    (project / "arith.py").write_text("x = 1\n")
    assert run("-o", "arith.py", "--force") == 0
    assert "class Arith" in (project / "arith.py").read_text()


@pytest.mark.parametrize(
    ("prepare", "status", "line"),
    [
        ("", 1, "missing arith.py"),
        ("run", 0, "arith.py is up to date"),
        ("change", 1, "stale arith.py"),
    ],
)
def test_check_compares(
    project: Path, capsys: pytest.CaptureFixture[str], prepare: str, status: int, line: str
) -> None:
    if prepare:
        run("-o", "arith.py")
    if prepare == "change":
        change(project)
    capsys.readouterr()
    assert run("-o", "arith.py", "--check") == status
    assert capsys.readouterr().out == f"{line}\n"


def test_check_writes_nothing(project: Path) -> None:
    run("-o", "arith.py", "--check")
    assert not (project / "arith.py").exists()


def test_edits_pass_the_check_while_the_go_is_as_it_was(project: Path) -> None:
    run("-o", "arith.py")
    with (project / "arith.py").open("a") as file:
        file.write("# mine\n")
    assert run("-o", "arith.py", "--check") == 0


def test_nothing_registered_lists_the_candidates(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "service" / "arith.go").write_text(GO.replace("rpc.Register(new(Arith))", ""))
    assert run() == 1
    err = capsys.readouterr().err
    assert "nothing is registered here; types that may be services:\n" in err
    assert "    --type arith.Arith (1 method, service/arith.go:7)" in err


@pytest.mark.parametrize("name", ["Arith", "arith.Arith"])
def test_type_that_is_named_is_a_service(
    project: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (project / "service" / "arith.go").write_text(GO.replace("rpc.Register(new(Arith))", ""))
    assert run("--type", name, "--name", "Calculator") == 0
    assert "class Calculator(Protocol):" in capsys.readouterr().out


def test_type_that_is_not_there_lists_the_candidates(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--type", "Nowhere") == 1
    err = capsys.readouterr().err
    assert "there is no type Nowhere; types that may be services:" in err


def test_place_that_cannot_be_written_to_is_an_error(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "file").write_text("")
    assert run("-o", "file/arith.py") == 1
    assert "rpcgen: error: " in capsys.readouterr().err


def test_folder_without_go_is_an_error(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "empty").mkdir()
    assert cli.main(["from-go", "empty"]) == 1
    assert "no Go files there" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--name", "X"], "--name says what one --type is called"),
        (["--check"], "--check needs the file to compare with"),
        (["--reply", "State"], "--reply State is not METHOD=TYPE"),
    ],
)
def test_wrong_usage_says_what_is_wanted(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert run(*arguments) == 2
    assert message in capsys.readouterr().err
