"""The endpoint: GET /metrics and /healthz over HTTP, answered from memory, so that no server that is away delays it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from cdc.monitoring.health import Health

# A client that says nothing must not hold a thread for ever.
_SILENCE_SECONDS = 10
_STOP_SECONDS = 0.1


@contextmanager
def answering(listener: socket, health: Callable[[], Health]) -> Iterator[None]:
    """Answer on a socket that listens, in threads of its own, until the end; then close it."""
    with _Server(listener, health) as server:
        thread = threading.Thread(target=server.serve_forever, args=(_STOP_SECONDS,), name="metrics", daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, listener: socket, health: Callable[[], Health]) -> None:
        super().__init__(listener.getsockname()[:2], _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket, self.health = listener, health


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _SILENCE_SECONDS

    def do_GET(self) -> None:  # pylint: disable=invalid-name
        """Answer by the path; what is behind a `?` is for nobody here."""
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest())
        elif path == "/healthz":
            found = self.server.health()
            status = HTTPStatus.OK if found.good else HTTPStatus.SERVICE_UNAVAILABLE
            self._answer(status, "application/json", json.dumps(found.body).encode())
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"there are /metrics and /healthz\n")

    def log_message(self, *_arguments: object) -> None:
        """Say nothing: who asks does so every few seconds."""

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
