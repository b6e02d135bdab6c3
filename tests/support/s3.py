"""A real S3 server over a directory, for the object store's tests with HULEEDU_TEST_OBJECT_STORE=s3."""

import shutil
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from deploy.local.children import Command, Process, start_child, stop_child
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.starting import wait_until_ready
from tests.support.parts import require_part

BINARY = "versitygw"
PLACES = (Path(".huleedu/bin"), Path.home() / "go/bin")
BUCKET = "huleedu"
_PREFIXES = count(1)


@dataclass(frozen=True)
class S3Server:
    """Where a running S3 server is, and its only user."""

    endpoint: str
    access_key: str
    secret_key: str


def find_binary() -> str | None:
    """The path of the S3 server's binary, from PATH, this checkout or Go's folder."""
    return shutil.which(BINARY) or next((str(place / BINARY) for place in PLACES if (place / BINARY).exists()), None)


@pytest.fixture(scope="session", name="s3_server")
def s3_server_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """The run's S3 server, with one empty bucket."""
    binary = find_binary()
    require_part("the S3 server versitygw", binary is not None, "run `make versitygw`")
    directory, port = tmp_path_factory.mktemp("s3"), free_port()
    server = S3Server(f"http://{LOOPBACK}:{port}", access_key="test-access", secret_key="test-secret")
    process = _start(Path(str(binary)).resolve(), directory, port, server)
    try:
        wait_until_ready(process, lambda: _listening(port), f"the S3 server on port {port}", directory / "server.log")
        yield server
    finally:
        stop_child(process, [signal.SIGTERM])


@pytest.fixture(name="s3_url")
def s3_url_fixture(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty prefix; the standard AWS_* variables lead to the server and let this test in."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.secret_key)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return f"s3://{BUCKET}/test-{next(_PREFIXES)}"


def _start(binary: Path, directory: Path, port: int, server: S3Server) -> Process:
    data, attributes = directory / "data", directory / "attributes"
    (data / BUCKET).mkdir(parents=True)
    attributes.mkdir()
    # The sidecar keeps attributes beside the data: not every file system has extended attributes.
    storage = ("posix", "--sidecar", str(attributes), str(data))
    users = {"ROOT_ACCESS_KEY": server.access_key, "ROOT_SECRET_KEY": server.secret_key}
    argv = (str(binary), "--port", f"{LOOPBACK}:{port}", *storage)
    return start_child(Command(argv, directory, users), directory / "server.log")


def _listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0
