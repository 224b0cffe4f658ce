from __future__ import annotations

from rpcgen.aio.admission import Admission, Place


def place(admission: Admission, *, shakes_hands: bool = False) -> Place:
    admitted = admission.admit(shakes_hands=shakes_hands)
    assert admitted is not None
    return admitted


def test_admit_without_bounds() -> None:
    admission = Admission()
    assert all(admission.admit(shakes_hands=False) for _ in range(1000))


def test_admit_of_more_connections_than_there_may_be() -> None:
    admission = Admission(1)
    place(admission)
    assert admission.admit(shakes_hands=False) is None


def test_admit_after_a_connection_has_left() -> None:
    admission = Admission(1)
    place(admission).leave()
    assert admission.admit(shakes_hands=False) is not None


def test_leave_twice_counts_once() -> None:
    admission = Admission(1)
    first = place(admission)
    first.leave()
    place(admission)
    first.leave()
    assert admission.admit(shakes_hands=False) is None


def test_admit_of_more_handshakes_than_there_may_be() -> None:
    admission = Admission(most_handshakes=1)
    place(admission, shakes_hands=True)
    assert admission.admit(shakes_hands=True) is None


def test_admit_without_a_handshake_where_many_are_under_way() -> None:
    admission = Admission(most_handshakes=1)
    place(admission, shakes_hands=True)
    assert admission.admit(shakes_hands=False) is not None


def test_admit_after_a_handshake() -> None:
    admission = Admission(most_handshakes=1)
    place(admission, shakes_hands=True).end_handshake()
    assert admission.admit(shakes_hands=True) is not None


def test_admit_after_a_handshake_that_was_left() -> None:
    admission = Admission(most_handshakes=1)
    first = place(admission, shakes_hands=True)
    first.leave()
    first.end_handshake()
    place(admission, shakes_hands=True)
    assert admission.admit(shakes_hands=True) is None


def test_wait_until_a_connection_leaves() -> None:
    admission = Admission(1)
    resumed: list[int] = []
    first = place(admission)
    admission.wait(lambda: resumed.append(1))
    assert resumed == []
    first.leave()
    assert resumed == [1]


def test_wait_resumes_once() -> None:
    admission = Admission(2)
    resumed: list[int] = []
    places = [place(admission), place(admission)]
    admission.wait(lambda: resumed.append(1))
    for each in places:
        each.leave()
    assert resumed == [1]
