"""The service as it is started: a process of its own on a real socket."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
import pytest

from services.file_service.tests.documents import ESSAY
from tests.support.callers import ANNA
from tests.support.postgres import CreateDatabase

COMMAND = [sys.executable, "-m", "services.file_service"]
SECONDS_TO_START = 60
SECONDS_TO_STOP = 30


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(name="environment")
def environment_fixture(service_database: CreateDatabase, tmp_path: Path) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("FILE_SERVICE_")}
    return own | {
        "HULEEDU_ENV_FILE": str(tmp_path / "no such file"),
        "FILE_SERVICE_DATABASE_URL": service_database("file").app_url,
        "FILE_SERVICE_OBJECT_STORE_URL": f"file://{tmp_path}/objects",
        "FILE_SERVICE_PORT": str(free_port()),
        "FILE_SERVICE_EXTRACTION_WORKERS": "1",
    }


@contextmanager
def running(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(COMMAND, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_until_serving(process, _url(environment))
            yield process
        finally:
            process.kill()


def _url(environment: dict[str, str]) -> str:
    return f"http://127.0.0.1:{environment['FILE_SERVICE_PORT']}"


def _wait_until_serving(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the service ended with {process.returncode}"
        try:
            if httpx.get(f"{url}/healthz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError("the service did not start to serve")


def refusal(environment: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(COMMAND, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


async def test_it_serves_many_callers_at_once(environment: dict[str, str]) -> None:
    with running(environment):
        async with httpx.AsyncClient(base_url=_url(environment), headers=ANNA, timeout=60) as client:
            path = f"/v1/batches/{uuid4()}/files"
            created = await client.post(path, files={"files": ("essay.txt", ESSAY.encode())})
            file_id = created.json()["results"][0]["file"]["file_id"]
            responses = await asyncio.gather(
                *(
                    client.post(f"/v1/files/{file_id}/versions", files={"file": ("e.txt", f"{n} {ESSAY}".encode())})
                    for n in range(12)
                )
            )
            assert sorted(response.json()["version"]["version"] for response in responses) == list(range(2, 14))
            download = await client.get(f"/v1/files/{file_id}/versions/1/content")
            assert download.content == ESSAY.encode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_after_the_request_in_progress_and_leaves_no_process_behind(
    environment: dict[str, str], number: signal.Signals
) -> None:
    with running(environment) as process:
        workers = psutil.Process(process.pid).children(recursive=True)
        assert workers
        with socket.create_connection(("127.0.0.1", int(environment["FILE_SERVICE_PORT"]))) as connection:
            body = (
                b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
                + ESSAY.encode()
                + b"\r\n--x--\r\n"
            )
            connection.sendall(
                f"POST /v1/batches/{uuid4()}/files HTTP/1.1\r\nHost: file\r\nX-User-ID: anna\r\n"
                "Content-Type: multipart/form-data; boundary=x\r\n"
                f"Content-Length: {len(body)}\r\n\r\n".encode()
            )
            connection.sendall(body[:50])
            time.sleep(1)  # lets the service begin to read; a signal before that would simply refuse the connection
            process.send_signal(number)
            time.sleep(0.3)
            connection.sendall(body[50:])
            assert connection.makefile("rb").readline().split()[1] == b"201"
        assert process.wait(SECONDS_TO_STOP) == 0
        _, alive = psutil.wait_procs(workers, timeout=SECONDS_TO_STOP)
        assert not alive


def test_its_workers_end_with_it_even_when_it_is_killed(environment: dict[str, str]) -> None:
    with running(environment) as process:
        workers = psutil.Process(process.pid).children(recursive=True)
        assert workers
        process.kill()
        process.wait()
        _, alive = psutil.wait_procs(workers, timeout=SECONDS_TO_STOP)
        assert not alive


@pytest.mark.parametrize("missing", ["FILE_SERVICE_DATABASE_URL", "FILE_SERVICE_OBJECT_STORE_URL"])
def test_a_missing_variable_is_named_in_one_line(environment: dict[str, str], missing: str) -> None:
    del environment[missing]
    code, complaint = refusal(environment)
    assert code == 2
    assert missing in complaint
    assert len(complaint.splitlines()) == 1


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("FILE_SERVICE_OBJECT_STORE_URL", "ftp://somewhere"),
        ("FILE_SERVICE_OBJECT_STORE_URL", "file:///dev/null/objects"),
        ("FILE_SERVICE_DATABASE_URL", "mysql://root@localhost/x"),
        ("FILE_SERVICE_SWEEP_GRACE", "PT1S"),
        ("FILE_SERVICE_PORT", "seven"),
    ],
)
def test_a_wrong_variable_is_explained_in_one_line(environment: dict[str, str], variable: str, value: str) -> None:
    code, complaint = refusal(environment | {variable: value})
    assert code == 2
    assert len(complaint.splitlines()) == 1, complaint
    assert value in complaint or variable in complaint


def test_a_taken_port_is_said_in_one_line(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, complaint = refusal(environment | {"FILE_SERVICE_PORT": str(port)})
    assert code == 2
    assert complaint.startswith(f"cannot listen on 127.0.0.1:{port}: Address already in use")
    assert len(complaint.splitlines()) == 1
