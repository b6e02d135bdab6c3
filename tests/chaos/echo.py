"""A server that echoes, and clients of a link before it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from tests.chaos.link import LOOPBACK, Link

SECONDS = 10


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
                while chunk := received(connection):
                    self.asked += chunk
                    connection.sendall(chunk)


def received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(1000)
    except OSError:
        return b""


@contextmanager
def connected(link: Link) -> Iterator[socket.socket]:
    with socket.create_connection((LOOPBACK, link.port), timeout=SECONDS) as client:
        yield client
