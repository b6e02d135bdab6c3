"""A proxy before ClickHouse that cuts inserts off, before they arrive or after they were done, or has them hang."""

import http.client
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit, urlunsplit

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
_HEAD_BYTES = 2000  # an insert says so in its first line, in the URL or the body


class CuttingProxy:
    """Where it is, and how many inserts met which end; while `letting_through` is not set, they hang instead."""

    def __init__(self, target: str, seed: int, cut: float) -> None:
        self.ends: Counter[str] = Counter()
        self._target, self._rng, self._cut, self._lock = urlsplit(target), random.Random(seed), cut, threading.Lock()
        self.letting_through, self.hanging = threading.Event(), threading.Event()
        self.letting_through.set()

    def url(self, port: int) -> str:
        """The target's URL with this proxy in its place."""
        user, _, _ = self._target.netloc.rpartition("@")
        return urlunsplit(self._target._replace(netloc=f"{user}@127.0.0.1:{port}"))

    def end_of(self, request: bytes) -> str:
        """What shall become of a request: `lost` before it arrives, `unanswered` after it was done, or `answered`."""
        if b"INSERT" not in request[:_HEAD_BYTES]:
            return "answered"
        if not self.letting_through.is_set():
            self.hanging.set()
            self.letting_through.wait()
        with self._lock:
            drawn = self._rng.random()
            end = "lost" if drawn < self._cut / 2 else "unanswered" if drawn < self._cut else "answered"
            self.ends[end] += 1
            return end

    def connection(self) -> http.client.HTTPConnection:
        """A new connection to the target, not yet opened."""
        return http.client.HTTPConnection(str(self._target.hostname), self._target.port)


@contextmanager
def cutting_proxy(target: str, seed: int, cut: float) -> Iterator[tuple[CuttingProxy, str]]:
    """A running proxy that cuts the share `cut` of all inserts, and its URL."""
    proxy = CuttingProxy(target, seed, cut)
    with _Server(proxy) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield proxy, proxy.url(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    """Hands the proxy on to the handlers, which http.server makes itself."""

    def __init__(self, proxy: CuttingProxy) -> None:
        self.proxy = proxy
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""

    raw_requestline = b""

    def handle_one_request(self) -> None:
        self.close_connection = True
        self.raw_requestline = self.rfile.readline()
        if self.raw_requestline and self.parse_request():
            self._pass_on(b"".join(self._chunks()) if self.headers.get("Transfer-Encoding") else self._content())

    def _pass_on(self, body: bytes) -> None:
        self.close_connection = True
        end = self.server.proxy.end_of(self.path.encode() + body)
        if end == "lost":
            return
        with closing(self.server.proxy.connection()) as connection:
            connection.request(self.command, self.path, body, self._end_to_end())
            answer = connection.getresponse()
            content = answer.read()
        if end == "answered":
            self._answer(answer, content)

    def _end_to_end(self) -> dict[str, str]:
        return {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}

    def _content(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _answer(self, answer: http.client.HTTPResponse, content: bytes) -> None:
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)
