from __future__ import annotations

from functools import partial

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


def test_admit_of_more_handshakes_than_there_may_be_gives_up_the_oldest() -> None:
    admission = Admission(most_handshakes=2)
    given_up: list[int] = []
    for number in range(4):
        place(admission, shakes_hands=True).give_up = partial(given_up.append, number)
    assert given_up == [0, 1]


def test_admit_without_a_handshake_gives_up_none() -> None:
    admission = Admission(most_handshakes=1)
    given_up: list[int] = []
    place(admission, shakes_hands=True).give_up = lambda: given_up.append(1)
    place(admission)
    assert given_up == []


def test_handshake_that_is_over_is_not_given_up() -> None:
    admission = Admission(most_handshakes=1)
    given_up: list[int] = []
    first = place(admission, shakes_hands=True)
    first.give_up = lambda: given_up.append(1)
    first.end_handshake()
    place(admission, shakes_hands=True)
    assert given_up == []


def test_handshake_of_a_connection_that_has_left_is_not_given_up() -> None:
    admission = Admission(most_handshakes=1)
    given_up: list[int] = []
    first = place(admission, shakes_hands=True)
    first.give_up = lambda: given_up.append(1)
    first.leave()
    place(admission, shakes_hands=True)
    assert given_up == []


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
