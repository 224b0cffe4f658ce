from __future__ import annotations

from benchmarks.catalogue import PEERS
from benchmarks.results import Results
from benchmarks.summary import Measurement
from benchmarks.tables import markdown, ordered, table
from benchmarks.targets import judge

from .samples import ERROR, MACHINE, measurement, results


def test_table() -> None:
    assert table(("", "µs"), [("rpcgen", "1.00"), ("Go", "12.0")]).splitlines() == [
        "|        |   µs |",
        "|--------|-----:|",
        "| rpcgen | 1.00 |",
        "| Go     | 12.0 |",
    ]


def test_ordered_by_time() -> None:
    slow, fast = measurement("go", "call", 9), measurement("rpcgen", "call", 1)
    failed = Measurement("rpyc", "call", [], ERROR)
    assert ordered([failed, slow, fast]) == [fast, slow, failed]


def test_ordered_by_calls() -> None:
    slow, fast = measurement("go", "tasks", 9), measurement("rpcgen", "futures", 1)
    assert ordered([slow, fast]) == [fast, slow]


def test_whole_report() -> None:
    made = results()
    text = markdown(made, judge(made))
    for title in ("Targets", "(a)", "(b)", "(c)", "(d)", "(e)", "(f)", "(g)"):
        assert f"\n### {title}" in text
    for peer in PEERS.values():
        assert peer.title in text
    assert "brings none of them along" in text
    assert "64 goroutines" in text


def test_what_failed_is_in_the_tables_and_why_below() -> None:
    made = results()
    lines = markdown(made, judge(made)).splitlines()
    assert any(line.startswith("| grpcio, aio ") and "failed" in line for line in lines)
    assert f"- grpcio, aio, 64 tasks: {ERROR}" in lines
    assert "- Go net/rpc, gob, 1,000: too many open files" in lines


def test_tables_of_nothing_are_left_out() -> None:
    empty = Results(MACHINE, rounds=0, seed=1)
    assert markdown(empty, []).count("###") == 1  # the targets


def test_without_the_reference_there_are_no_ratios() -> None:
    made = Results(MACHINE, rounds=1, seed=1, measurements=[measurement("go", "call", 5)])
    [row] = [line for line in markdown(made, []).splitlines() if line.startswith("| Go")]
    assert row.endswith("- |")


def test_processor_time_of_a_call_is_beside_its_latency() -> None:
    ours, theirs = measurement("rpcgen", "call", 8.0), measurement("go", "call", 4.0)
    made = Results(MACHINE, rounds=1, seed=1, measurements=[ours, theirs])
    lines = [line for line in markdown(made, []).splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    figures = {row[0]: row[-3:] for row in rows if row[0] in ("", "Go net/rpc, gob")}
    assert figures[""] == ["client's CPU, µs", "server's CPU, µs", "CPU, x rpcgen"]
    assert figures["Go net/rpc, gob"] == ["2.00", "1.00", "0.50"]
