"""The link before a server: it forwards, cuts, refuses, loses the answer to what was done, and goes silent."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.chaos.link import LOOPBACK, Link, link_to

_SECONDS, _SILENT_SECONDS = 10, 0.3


class Echo:
    """A server that answers each question with the same bytes; it keeps what it was asked."""

    def __init__(self) -> None:
        self.asked = b""
        self.listener = socket.create_server((LOOPBACK, 0))

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                while chunk := _received(connection):
                    self.asked += chunk
                    connection.sendall(chunk)


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(1000)
    except OSError:
        return b""


@pytest.fixture(name="echo")
def _echo() -> Iterator[Echo]:
    echo = Echo()
    thread = threading.Thread(target=echo.serve, daemon=True)
    thread.start()
    yield echo
    echo.listener.shutdown(socket.SHUT_RDWR)
    echo.listener.close()
    thread.join(_SECONDS)


@pytest.fixture(name="link")
def _link(echo: Echo) -> Iterator[Link]:
    with link_to(*echo.listener.getsockname()) as link:
        yield link


@contextmanager
def connected(link: Link) -> Iterator[socket.socket]:
    with socket.create_connection((LOOPBACK, link.port), timeout=_SECONDS) as client:
        yield client


def test_what_is_asked_is_answered(link: Link) -> None:
    with connected(link) as client:
        client.sendall(b"hello")
        assert client.recv(1000) == b"hello"


def test_a_cut_ends_connections_and_new_ones_are_served(link: Link) -> None:
    with connected(link) as client:
        client.sendall(b"hello")
        assert client.recv(1000) == b"hello"
        link.cut()
        assert _received(client) == b""
    test_what_is_asked_is_answered(link)


def test_who_is_refused_is_hung_up_on(link: Link) -> None:
    link.refusing = True
    with connected(link) as client:
        assert _received(client) == b""


def test_an_answer_is_lost_after_the_question_was_heard(link: Link, echo: Echo) -> None:
    link.unanswered = b"INSERT"
    with connected(link) as client:
        client.sendall(b"SELECT")
        assert client.recv(1000) == b"SELECT"
        client.sendall(b"INSERT")
        assert _received(client) == b""
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
        client.settimeout(_SECONDS)
        client.sendall(b"after")
        assert client.recv(1000) == b"after"


def test_who_connects_to_a_silent_link_waits(link: Link) -> None:
    link.swallowing = True
    with connected(link) as client:
        client.sendall(b"hello")
        client.settimeout(_SILENT_SECONDS)
        with pytest.raises(TimeoutError):
            client.recv(1000)
