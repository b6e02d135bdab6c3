"""The link before a server: it forwards, cuts, refuses, and loses the answer to what was done."""

from tests.chaos.echo import Echo, connected, received
from tests.chaos.link import Link


def test_what_is_asked_is_answered(link: Link) -> None:
    with connected(link) as client:
        client.sendall(b"hello")
        assert client.recv(1000) == b"hello"


def test_a_cut_ends_connections_and_new_ones_are_served(link: Link) -> None:
    with connected(link) as client:
        client.sendall(b"hello")
        assert client.recv(1000) == b"hello"
        assert link.cut() == 2
        assert received(client) == b""
    test_what_is_asked_is_answered(link)


def test_who_is_refused_is_hung_up_on(link: Link) -> None:
    link.refusing = True
    with connected(link) as client:
        assert received(client) == b""
    assert link.refused == 1


def test_an_answer_is_lost_after_the_question_was_heard(link: Link, echo: Echo) -> None:
    link.unanswered = b"INSERT"
    with connected(link) as client:
        client.sendall(b"SELECT")
        assert client.recv(1000) == b"SELECT"
        client.sendall(b"INSERT")
        assert received(client) == b""
    assert echo.asked == b"SELECTINSERT"
    assert link.lost == 1
