"""A TCP link between capture and a server: it can be slow, be cut, lose the answers to what was done, or go silent."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

LOOPBACK = "127.0.0.1"
_CHUNK = 1 << 16
_POLL_SECONDS = 0.2


class Link:
    """Forwards connections; each setting holds for connections that are there and for those to come.

    delay_seconds: how long each chunk is on its way; refusing: whether who connects is hung up on at once;
    swallowing: whether bytes of either direction get lost while connections stay, as if a router had died;
    unanswered: bytes of a question whose answer is lost, and with it the connection. What came of it is counted:
    chunks `delayed` and `swallowed`, connections `refused`, answers `lost`.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self.delay_seconds, self.refusing, self.swallowing = 0.0, False, False
        self.unanswered: bytes | None = None
        self.delayed, self.swallowed, self.refused, self.lost = 0, 0, 0, 0
        self._target = target
        self._listener = socket.create_server((LOOPBACK, 0))
        self._listener.settimeout(_POLL_SECONDS)
        self._open: set[socket.socket] = set()
        self._guard, self._ended = threading.Lock(), False

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def cut(self) -> int:
        """Hang up on both ends of every connection; how many ends there were."""
        with self._guard:
            ends, self._open = self._open, set()
        for end in ends:
            _hang_up(end)
        return len(ends)

    def serve(self) -> None:
        """Accept connections until it is closed."""
        while not self._ended:
            # Its own closing ends the waiting, too.
            with suppress(OSError):
                client, _ = self._listener.accept()
                threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def close(self) -> None:
        """Hang up, and accept no more."""
        self._ended = True
        self._listener.close()
        self.cut()

    def _connect(self, client: socket.socket) -> None:
        try:
            if self.refusing:
                self.refused += 1
                raise ConnectionRefusedError
            server = socket.create_connection(self._target, timeout=5)
        except OSError:
            client.close()
            return
        for end in (client, server):
            end.settimeout(None)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._guard:
            # Who was let in just before a cut must not be left out of it.
            refused = self.refusing
            if not refused:
                self._open |= {client, server}
        if refused:
            self._part(client, server)
            return
        asked = threading.Event()
        threading.Thread(target=self._answer, args=(server, client, asked), daemon=True).start()
        self._ask(client, server, asked)

    def _ask(self, client: socket.socket, server: socket.socket, asked: threading.Event) -> None:
        with suppress(OSError):
            while chunk := client.recv(_CHUNK):
                self._delay()
                if self.swallowing:
                    self.swallowed += 1
                    continue
                if self.unanswered is not None and self.unanswered in chunk:
                    asked.set()
                server.sendall(chunk)
        self._part(client, server)

    def _answer(self, server: socket.socket, client: socket.socket, asked: threading.Event) -> None:
        with suppress(OSError):
            while chunk := server.recv(_CHUNK):
                self._delay()
                if self.swallowing:
                    self.swallowed += 1
                    continue
                if self.unanswered is not None and asked.is_set():
                    self.lost += 1
                    break
                asked.clear()
                client.sendall(chunk)
        self._part(client, server)

    def _delay(self) -> None:
        if self.delay_seconds:
            time.sleep(self.delay_seconds)
            self.delayed += 1

    def _part(self, *ends: socket.socket) -> None:
        with self._guard:
            self._open -= set(ends)
        for end in ends:
            _hang_up(end)


def _hang_up(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextmanager
def link_to(host: str, port: int) -> Iterator[Link]:
    """A link to a server that need not be there yet."""
    link = Link((host, port))
    thread = threading.Thread(target=link.serve, name=f"link to {port}", daemon=True)
    thread.start()
    try:
        yield link
    finally:
        link.close()
        thread.join()
