"""A link before a server that answers each question with the same bytes."""

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.chaos.echo import SECONDS, Echo
from tests.chaos.link import Link, link_to


@pytest.fixture(name="echo")
def _echo() -> Iterator[Echo]:
    echo = Echo()
    thread = threading.Thread(target=echo.serve, daemon=True)
    thread.start()
    yield echo
    echo.listener.shutdown(socket.SHUT_RDWR)
    echo.listener.close()
    thread.join(SECONDS)


@pytest.fixture(name="link")
def _link(echo: Echo) -> Iterator[Link]:
    with link_to(*echo.listener.getsockname()) as link:
        yield link
