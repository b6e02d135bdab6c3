"""The link before a server: it forwards, cuts, refuses, loses the answer to what was done, and goes silent."""

import pytest

from tests.chaos.echo import SECONDS, Echo, connected, received
from tests.chaos.link import Link

_SILENT_SECONDS = 0.3


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


def test_a_silent_link_loses_what_is_sent_and_keeps_the_connection(link: Link, echo: Echo) -> None:
    with connected(link) as client:
        client.sendall(b"before")
        assert client.recv(1000) == b"before"
        link.swallowing = True
        client.sendall(b"within")
        client.settimeout(_SILENT_SECONDS)
        with pytest.raises(TimeoutError):
            client.recv(1000)
        assert echo.asked == b"before"
        link.swallowing = False
        client.settimeout(SECONDS)
        client.sendall(b"after")
        assert client.recv(1000) == b"after"


def test_who_connects_to_a_silent_link_waits(link: Link) -> None:
    link.swallowing = True
    with connected(link) as client:
        client.sendall(b"hello")
        client.settimeout(_SILENT_SECONDS)
        with pytest.raises(TimeoutError):
            client.recv(1000)
