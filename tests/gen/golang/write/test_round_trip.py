"""What holds of any IDL: its Go is formatted and compiles, and says the same read back."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rpcgen.gen.breaking import compare_services
from rpcgen.gen.describe import describe_idls
from rpcgen.gen.findings import Finding
from rpcgen.gen.golang.read.reader import read_go
from rpcgen.gen.golang.write import write_go
from tests import golang

from .random_idl import random_idl

SEEDS = range(10)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a Go module with a package for each seed, and its IDL in it."""
    folder = tmp_path_factory.mktemp("packages")
    (folder / "go.mod").write_text("module example.com/x\n\ngo 1.18\n")
    for seed in SEEDS:
        name = f"p{seed}"
        (folder / name / "idl").mkdir(parents=True)
        (folder / name / "back").mkdir()
        idl = folder / name / "idl" / f"{name}.py"
        idl.write_text(random_idl(seed))
        for file, text in write_go(describe_idls([str(idl)]), name, f"{name}.py").items():
            (folder / name / file).write_text(text)
    return folder


@pytest.mark.go
def test_go_of_random_idls_is_formatted_and_passes_vet(packages: Path) -> None:
    gofmt = golang.go_root() / "bin" / "gofmt"
    done = subprocess.run([gofmt, "-d", "."], cwd=packages, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("", "")
    golang.run_go("vet", "./...", cwd=packages)


@pytest.mark.parametrize("seed", SEEDS)
def test_go_of_a_random_idl_says_the_same_read_back(packages: Path, seed: int) -> None:
    name = f"p{seed}"
    back = packages / name / "back" / f"{name}.py"
    back.write_text(read_go([packages / name], module=name).text)
    written = describe_idls([str(packages / name / "idl" / f"{name}.py")])
    read = describe_idls([str(back)])
    services = {each.name for each in written.description.services}
    assert services == {each.name for each in read.description.services} - {"_goRPC_"}
    assert changes(compare_services(written, read)) == []
    assert changes(compare_services(read, written)) == []


def changes(findings: list[Finding]) -> list[str]:
    """Return what has changed, but for enums: Go's are all open."""
    told = [
        each for each in findings if each.rule != "enum-closed" and "_goRPC_" not in each.reason
    ]
    return [each.text("changed") for each in told]
