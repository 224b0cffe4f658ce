"""Tests of `rpcgen.cli.generate`."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rpcgen import cli
from tests.support.timeouts import TIMEOUT_S

from .samples import ARITH, MESSAGES, usage_error

ROOT = Path(__file__).parents[2]


def test_generate_writes_the_output(project: Path) -> None:
    assert cli.main(["idl/arith.py", "-o", "generated"]) == 0
    assert sorted(path.name for path in (project / "generated").iterdir()) == [
        "__init__.py",
        "arith.py",
        "py.typed",
    ]


def test_generate_says_what_it_wrote(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["idl", "-o", "generated"])
    assert capsys.readouterr().out.splitlines() == [
        "wrote generated/__init__.py",
        "wrote generated/arith.py",
        "wrote generated/py.typed",
    ]


@pytest.mark.parametrize("check", [[], ["--check"]], ids=["generate", "check"])
def test_generate_says_so_when_nothing_changed(
    project: Path, capsys: pytest.CaptureFixture[str], check: list[str]
) -> None:
    cli.main(["idl", "-o", "generated"])
    capsys.readouterr()
    assert cli.main(["idl", "-o", "generated", *check]) == 0
    assert capsys.readouterr() == ("3 files are up to date\n", "")


def test_generate_keeps_unchanged_files_as_they_are(project: Path) -> None:
    cli.main(["idl", "-o", "generated"])
    path = project / "generated" / "arith.py"
    os.utime(path, (1, 1))
    cli.main(["idl", "-o", "generated"])
    assert path.stat().st_mtime == 1


def test_generate_skips_files_without_a_service_in_a_folder(project: Path) -> None:
    (project / "idl" / "messages.py").write_text(MESSAGES)
    cli.main(["idl", "-o", "generated"])
    assert not (project / "generated" / "messages.py").exists()


def test_generate_refuses_a_named_file_without_a_service(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "idl" / "messages.py").write_text(MESSAGES)
    assert cli.main(["idl/messages.py", "-o", "generated"]) == 1
    assert "idl/messages.py:1:1: error: no service" in capsys.readouterr().err


def test_generate_skips_a_file_of_messages_beside_one_with_a_service(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "idl" / "messages.py").write_text(MESSAGES)
    assert cli.main(["idl/arith.py", "idl/messages.py", "-o", "generated"]) == 0
    assert capsys.readouterr().err == (
        "idl/messages.py:1:1: note: no service in this file, so it is skipped\n"
    )
    assert not (project / "generated" / "messages.py").exists()


def test_generate_asks_whether_a_class_was_meant_as_a_service(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "idl" / "plain.py").write_text(ARITH.replace("(Protocol)", ""))
    assert cli.main(["idl/arith.py", "idl/plain.py", "-o", "generated"]) == 0
    assert "class Arith(Protocol)" in capsys.readouterr().err


def test_generate_tells_of_a_request_that_travels_otherwise_now(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["idl", "-o", "generated"])
    wider = ARITH.replace("number: int", "number: int, by: int = 2")
    (project / "idl" / "arith.py").write_text(wider)
    capsys.readouterr()
    assert cli.main(["idl", "-o", "generated"]) == 0
    assert capsys.readouterr().err.startswith(
        "idl/arith.py:6:5: note: the request of method 'double' is a struct of its parameters now"
    )


@pytest.mark.parametrize("place", [".", "idl", "elsewhere/deep", "generated"])
@pytest.mark.parametrize("project_file", ["", "[project]\nname = 'x'\n"], ids=["bare", "project"])
def test_check_is_the_same_from_anywhere(
    project: Path, monkeypatch: pytest.MonkeyPatch, place: str, project_file: str
) -> None:
    if project_file:
        (project / "pyproject.toml").write_text(project_file)
    cli.main(["idl", "-o", "generated"])
    (project / place).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(project / place)
    arguments = [os.path.relpath(project / name) for name in ("idl", "generated")]
    assert cli.main([arguments[0], "-o", arguments[1], "--check"]) == 0
    assert cli.main([str(project / "idl" / "arith.py"), "-o", arguments[1], "--check"]) == 0


def test_generate_with_an_error_changes_nothing(project: Path) -> None:
    (project / "idl" / "broken.py").write_text("def f(:")
    assert cli.main(["idl", "-o", "generated"]) == 1
    assert not (project / "generated").exists()


def test_generate_leaves_a_file_of_the_user_alone(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "generated").mkdir()
    (project / "generated" / "arith.py").write_text("mine = True\n")
    assert cli.main(["idl", "-o", "generated"]) == 1
    assert "generated/arith.py:1:1: error: exists, but was not gen" in capsys.readouterr().err
    assert (project / "generated" / "arith.py").read_text() == "mine = True\n"


def test_generate_leaves_an_init_file_of_the_user_alone(project: Path) -> None:
    (project / "generated").mkdir()
    (project / "generated" / "__init__.py").write_text("mine = True\n")
    assert cli.main(["idl", "-o", "generated"]) == 0
    assert (project / "generated" / "__init__.py").read_text() == "mine = True\n"


def test_generate_does_not_overwrite_the_idl(project: Path) -> None:
    assert cli.main(["idl/arith.py", "-o", "idl"]) == 1
    assert (project / "idl" / "arith.py").read_text() == ARITH


def test_generate_refuses_a_file_as_output(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "output").write_text("")
    assert cli.main(["idl", "-o", "output/deeper"]) == 1
    assert "output:1:1: error: the output goes to a folder" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_generate_reports_a_folder_that_cannot_be_written(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "generated").mkdir(mode=0o500)
    assert cli.main(["idl", "-o", "generated"]) == 1
    assert "rpcgen: error: " in capsys.readouterr().err


def test_generate_tells_of_orphans(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "idl" / "old.py").write_text(ARITH.replace("Arith", "Old"))
    cli.main(["idl", "-o", "generated"])
    (project / "idl" / "old.py").unlink()
    capsys.readouterr()
    assert cli.main(["idl", "-o", "generated"]) == 0
    assert capsys.readouterr().out == "orphan generated/old.py: its IDL is gone, delete it\n"


def test_check_passes_what_was_just_generated(project: Path) -> None:
    cli.main(["idl", "-o", "generated"])
    assert cli.main(["idl", "-o", "generated", "--check"]) == 0


def test_check_lists_missing_files(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["idl", "-o", "generated", "--check"]) == 1
    assert capsys.readouterr().out.splitlines()[:3] == [
        "missing generated/__init__.py",
        "missing generated/arith.py",
        "missing generated/py.typed",
    ]


def test_check_shows_how_a_stale_file_differs(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["idl", "-o", "generated"])
    (project / "idl" / "arith.py").write_text(ARITH.replace("double", "triple"))
    capsys.readouterr()
    assert cli.main(["idl", "-o", "generated", "--check"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "stale generated/arith.py"
    assert {'-ARITH_DOUBLE = Method[int, int]("Arith.Double")'} <= set(lines)


def test_check_lists_orphans(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "idl" / "old.py").write_text(ARITH.replace("Arith", "Old"))
    cli.main(["idl", "-o", "generated"])
    (project / "idl" / "old.py").unlink()
    capsys.readouterr()
    assert cli.main(["idl/arith.py", "-o", "generated", "--check"]) == 1
    assert capsys.readouterr().out == "orphan generated/old.py\n"


def test_check_of_one_file_passes_over_the_others(project: Path) -> None:
    (project / "idl" / "other.py").write_text(ARITH.replace("Arith", "Other"))
    cli.main(["idl", "-o", "generated"])
    assert cli.main(["idl/arith.py", "-o", "generated", "--check"]) == 0


def test_check_passes_over_files_of_the_user(project: Path) -> None:
    cli.main(["idl", "-o", "generated"])
    (project / "generated" / "mine.py").write_text("mine = True\n")
    assert cli.main(["idl", "-o", "generated", "--check"]) == 0


def test_check_writes_nothing(project: Path) -> None:
    cli.main(["idl", "-o", "generated", "--check"])
    assert not (project / "generated").exists()


def test_no_output_folder_is_wrong_usage(project: Path) -> None:
    assert usage_error("idl/arith.py") == 2


def test_an_unknown_option_is_wrong_usage(project: Path) -> None:
    assert usage_error("idl/arith.py", "-o", "generated", "--fast") == 2


def test_committed_output_is_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert cli.main(["idl", "-o", "generated", "--check"]) == 0


# --- what may stand in the way --------------------------------------------------------------------


def a_file(path: Path) -> None:
    path.write_text("of the user")


def a_loop(path: Path) -> None:
    path.symlink_to(path)


def a_dangling_link(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere"))


def a_link_to_a_file(path: Path) -> None:
    a_file(path.with_name("target"))
    path.symlink_to(path.with_name("target"))


@pytest.mark.parametrize("make", [a_file, a_loop, a_dangling_link, a_link_to_a_file])
def test_output_that_cannot_be_a_folder_is_an_error(
    project: Path, capsys: pytest.CaptureFixture[str], make: Callable[[Path], None]
) -> None:
    make(project / "generated")
    assert cli.main(["idl", "-o", "generated"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(("generated:1:1: error: ", "rpcgen: error: "))


@pytest.mark.parametrize("make", [Path.mkdir, a_file, a_link_to_a_file])
def test_output_that_would_replace_what_is_not_generated_is_an_error(
    project: Path, capsys: pytest.CaptureFixture[str], make: Callable[[Path], None]
) -> None:
    (project / "generated").mkdir()
    make(project / "generated" / "arith.py")
    assert cli.main(["idl", "-o", "generated"]) == 1
    assert capsys.readouterr().err.startswith("generated/arith.py:1:1: error: ")
    assert not (project / "generated" / "py.typed").exists()


def test_folder_in_the_place_of_the_staged_file_is_an_error(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "generated" / ".arith.py.new").mkdir(parents=True)
    assert cli.main(["idl", "-o", "generated"]) == 1
    assert capsys.readouterr().err.startswith("rpcgen: error: ")


def test_output_below_a_file_is_an_error(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_file(project / "deep")
    assert cli.main(["idl", "-o", "deep/er/generated"]) == 1
    assert capsys.readouterr().err.startswith("deep:1:1: error: the output goes to a folder")


def test_output_folder_may_have_a_name_that_is_no_text(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = os.fsdecode(b"gen\xff")
    assert cli.main(["idl", "-o", folder]) == 0
    assert r"wrote gen\udcff/arith.py" in capsys.readouterr().out
    assert (project / folder / "arith.py").exists()


def test_working_directory_that_is_gone_is_an_error(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "gone").mkdir()
    monkeypatch.chdir(project / "gone")
    (project / "gone").rmdir()
    assert cli.main(["idl", "-o", "generated"]) == 1
    assert capsys.readouterr().err.startswith("rpcgen: error: ")


def test_interrupt_ends_the_command_without_a_traceback(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "idl" / "arith.py").write_text("raise KeyboardInterrupt")
    assert cli.main(["idl", "-o", "generated"]) == 130
    assert capsys.readouterr().err == "rpcgen: interrupted\n"


@pytest.mark.parametrize(
    "text",
    [
        "raise SystemExit",
        "raise BaseException('no\\nmore')",
        "def f(): f()\nf()",
        "\0",
        "# coding: rot13\n",
        "# coding: no-such\n",
        "x = " + "(" * 1000,
        "x = " + "-" * 100_000 + "1",
        "return",
        "import idl.arith",
    ],
    ids=lambda text: text[:20],
)
def test_idl_that_cannot_be_imported_is_a_placed_error(
    project: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    (project / "idl" / "arith.py").write_text(text)
    assert cli.main(["idl", "-o", "generated"]) == 1
    (error, *hints) = capsys.readouterr().err.splitlines()
    assert re.match(r"idl/arith\.py:\d+:\d+: error: ", error)
    assert all(hint.startswith("    hint: ") for hint in hints)


def test_pipe_is_no_idl_file(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("pipe.py")
    status = cli.main(["pipe.py", "-o", "out"])
    assert (status, capsys.readouterr().err) == (
        1,
        "pipe.py:1:1: error: neither a file nor a folder\n",
    )


def test_init_file_without_classes_is_passed_over_beside_an_idl(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "idl/__init__.py").write_text('"""Our IDL."""\n')
    assert cli.main(["idl/__init__.py", "idl/arith.py", "-o", "out"]) == 0
    assert capsys.readouterr().err == ""


def test_init_file_with_a_class_is_refused_beside_an_idl(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "idl/__init__.py").write_text(ARITH)
    assert cli.main(["idl/__init__.py", "idl/arith.py", "-o", "out"]) == 1
    assert "an __init__.py is not an IDL file" in capsys.readouterr().err


# --- [tool.rpcgen] --------------------------------------------------------------------------------


@pytest.fixture
def configured(project: Path) -> Path:
    """Return the folder of a project that says what is generated."""
    (project / "pyproject.toml").write_text('[tool.rpcgen]\nidl = "idl"\noutput = "generated"\n')
    return project


@pytest.mark.parametrize("place", [".", "idl", "elsewhere/deep"])
def test_configured_project_is_generated_from_anywhere(
    configured: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (configured / place).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(configured / place)
    assert cli.main(["--check"]) == 1
    assert cli.main([]) == 0
    text = (configured / "generated" / "arith.py").read_text()
    monkeypatch.chdir(configured)
    assert cli.main(["--check"]) == 0
    assert cli.main(["idl", "-o", "generated", "--check"]) == 0
    assert "from idl.arith import Arith" in text


def test_command_line_comes_before_the_configuration(configured: Path) -> None:
    assert cli.main(["-o", "other"]) == 0
    assert (configured / "other" / "arith.py").exists()
    assert not (configured / "generated").exists()


def test_root_of_the_configuration_counts(configured: Path) -> None:
    with (configured / "pyproject.toml").open("a") as file:
        file.write('root = "idl"\n')
    assert cli.main([]) == 0
    assert "from arith import Arith" in (configured / "generated" / "arith.py").read_text()


@pytest.mark.parametrize(("text", "missing"), [('idl = "idl"', "output"), ("", "idl")])
def test_configuration_that_lacks_something_is_wrong_usage(
    configured: Path, capsys: pytest.CaptureFixture[str], text: str, missing: str
) -> None:
    (configured / "pyproject.toml").write_text(f"[tool.rpcgen]\n{text}\n")
    assert usage_error() == 2
    said = f"[tool.rpcgen] of pyproject.toml does not say {missing}"
    assert said in capsys.readouterr().err


def test_bad_configuration_is_a_placed_error(
    configured: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (configured / "pyproject.toml").write_text("[tool.rpcgen]\nidl = 3\n")
    assert usage_error() == 1
    assert capsys.readouterr().err.startswith("pyproject.toml:1:1: error: [tool.rpcgen] idl is")


def test_project_without_a_configuration_says_what_to_write(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert usage_error() == 2
    assert "write idl and output to [tool.rpcgen] in pyproject.toml" in capsys.readouterr().err


# --- --prune, --watch, hooks ----------------------------------------------------------------------


def test_prune_deletes_what_has_no_idl(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "idl" / "deep" / "er").mkdir(parents=True)
    for name, service in (("old.py", "Old"), ("deep/er/old.py", "Older")):
        (project / "idl" / name).write_text(ARITH.replace("Arith", service))
    assert cli.main(["idl", "-o", "generated"]) == 0
    (project / "generated" / "mine.py").write_text("mine = True\n")
    (project / "idl" / "old.py").unlink()
    (project / "idl" / "deep" / "er" / "old.py").unlink()
    capsys.readouterr()
    assert cli.main(["idl", "-o", "generated", "--prune"]) == 0
    assert sorted(capsys.readouterr().out.splitlines()) == [
        "deleted generated/deep/__init__.py",
        "deleted generated/deep/er/__init__.py",
        "deleted generated/deep/er/old.py",
        "deleted generated/old.py",
    ]
    assert sorted(path.name for path in (project / "generated").iterdir()) == [
        "__init__.py",
        "arith.py",
        "mine.py",
        "py.typed",
    ]


@pytest.mark.parametrize("option", ["--prune", "--watch"])
def test_check_deletes_and_watches_nothing(project: Path, option: str) -> None:
    assert usage_error("idl", "-o", "generated", "--check", option) == 2


def test_watch_generates_after_each_change(project: Path) -> None:
    command = [sys.executable, "-m", "rpcgen", "idl", "-o", "generated", "--watch"]
    watching = subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert watching.stdout is not None
        lines = iter(watching.stdout)
        assert any("rpcgen: watching " in line for line in lines)
        (project / "idl" / "arith.py").write_text("def f(:")
        assert any("error: syntax error" in line for line in lines)
        (project / "idl" / "arith.py").write_text(ARITH.replace("double", "triple"))
        assert any(line == "wrote generated/arith.py\n" for line in lines)
        assert "Arith.Triple" in (project / "generated" / "arith.py").read_text()
        watching.send_signal(signal.SIGINT)
        assert watching.wait(TIMEOUT_S) == 130
    finally:
        watching.kill()
        watching.communicate(timeout=TIMEOUT_S)


def test_watch_needs_watchfiles(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    assert cli.main(["idl", "-o", "generated", "--watch"]) == 2
    assert "hint: pip install 'rpcgen[cli]'" in capsys.readouterr().err


def hooks() -> dict[str, str]:
    """Return the commands of the hooks for pre-commit, by their names."""
    text = (ROOT / ".pre-commit-hooks.yaml").read_text()
    found = dict(re.findall(r"- id: (\S+)\n(?:  .*\n)*?  entry: (.*)\n", text))
    assert text.count("pass_filenames: false") == len(found) == 2
    return found


def run_hook(name: str) -> int:
    """Run a hook as pre-commit does: its entry, in the folder of the repository."""
    program, *arguments = hooks()[name].split()
    assert program == "rpcgen"
    return cli.main(arguments)


def test_hook_generates_and_then_changes_nothing(configured: Path) -> None:
    assert run_hook("rpcgen") == 0
    before = {path: path.read_bytes() for path in configured.rglob("*.py")}
    assert configured / "generated" / "arith.py" in before
    assert run_hook("rpcgen") == 0
    assert {path: path.read_bytes() for path in configured.rglob("*.py")} == before


def test_checking_hook_fails_where_output_is_stale(configured: Path) -> None:
    assert run_hook("rpcgen-check") == 1
    assert run_hook("rpcgen") == 0
    assert run_hook("rpcgen-check") == 0


def test_file_without_a_name_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        cli.main(["", "-o", "generated"])
    assert raised.value.code == 2
    assert "say . for the working directory" in capsys.readouterr().err
