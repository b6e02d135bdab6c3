"""Serves the endpoint until a signal: starts listening once the engine is open, and stops without cutting an insert."""

import asyncio
import ipaddress
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import uvicorn

from deploy.local.clickhouse.app import Endpoint
from deploy.local.clickhouse.directory import DataDirectory
from deploy.local.clickhouse.engine import Engine
from deploy.local.clickhouse.failed_writes import FailedWritesError, require_none_failed
from deploy.local.clickhouse.packed_parts import set_aside_cut_short
from deploy.local.clickhouse.sessions import Sessions
from deploy.local.clickhouse.watching import look_again
from deploy.local.clickhouse.workers import Workers

STOP_SECONDS = 15
REAP_SECONDS = 1.0
CHECK_SECONDS = 1.0
BACKLOG = 512
# How long clients may keep an idle connection, as ClickHouse tells them; it is kept longer here. One that reads slowly
# believes its connection fresh when it has read the answer, of which all had been sent long before.
ANNOUNCED_IDLE_SECONDS = 30
IDLE_SECONDS = 60


class AddressError(Exception):
    """The endpoint can't or must not listen where it was told to."""


@dataclass(frozen=True)
class Options:
    """How the endpoint was started."""

    path: Path
    host: str
    port: int
    password: str | None


class _Server(uvicorn.Server):
    """A server that cancels reading statements when told to stop, and lets inserts finish."""

    def __init__(self, config: uvicorn.Config, workers: Workers) -> None:
        super().__init__(config)
        self._workers = workers

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._workers.cancel_reads()
        await super().shutdown(sockets)


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket bound to a loopback address; AddressError for any other, or when the port is taken."""
    address = "127.0.0.1" if host == "localhost" else host
    try:
        loopback = ipaddress.ip_address(address).is_loopback
    except ValueError as error:
        raise AddressError(f"{host!r} is no address: use 127.0.0.1") from error
    if not loopback:
        raise AddressError(f"{host} is not on the loopback: this endpoint is for one machine, use 127.0.0.1")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # asyncio sets TCP_NODELAY only where the protocol is named; without it each answer waits 40 ms for an ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
    except OSError as error:
        listener.close()
        raise AddressError(f"can't listen on {address}:{port}: {error.strerror}. Choose another --port") from error
    return listener


def serve(options: Options, directory: DataDirectory, listener: socket.socket) -> None:
    """Open the engine and answer requests until SIGTERM or SIGINT; the engine is closed on return.

    FailedWritesError as soon as the engine may have lost something: it must be opened anew.
    """
    with _opened(directory) as engine:
        workers, sessions = Workers(engine), Sessions(engine)
        app = Endpoint(engine, sessions, workers, directory.uploads, options.password)
        config = uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            backlog=BACKLOG,
            timeout_keep_alive=IDLE_SECONDS,
            headers=[("Keep-Alive", f"timeout={ANNOUNCED_IDLE_SECONDS}")],
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        # uvicorn raises the signal again once it has stopped: by then it has done its work.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        asyncio.run(_run(_Server(config, workers), engine, sessions, listener))
        workers.close()
        sessions.close_expired(float("inf"))


@contextmanager
def _opened(directory: DataDirectory) -> Iterator[Engine]:
    set_aside_cut_short(directory.engine)
    engine = Engine(directory.engine)
    try:
        yield engine
    finally:
        engine.close()


async def _run(server: uvicorn.Server, engine: Engine, sessions: Sessions, listener: socket.socket) -> None:
    reaper = asyncio.create_task(look_again(REAP_SECONDS, partial(_reap, sessions)))
    watch = asyncio.create_task(_stop_once_writes_fail(server, engine))
    await server.serve(sockets=[listener])
    for task in (reaper, watch):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _stop_once_writes_fail(server: uvicorn.Server, engine: Engine) -> None:
    """Merges fail as well as inserts, and nobody waits for their answer."""
    look = partial(asyncio.to_thread, require_none_failed, engine)
    try:
        await look_again(CHECK_SECONDS, look, ends_by=FailedWritesError)
    except FailedWritesError:
        server.should_exit = True
        raise


async def _reap(sessions: Sessions) -> None:
    sessions.close_expired()
