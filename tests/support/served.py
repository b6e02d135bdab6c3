"""An app of this process on a real port, for what only a real connection shows: streams, broken answers, time-outs."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from deploy.local.ports import LOOPBACK


class _Server(uvicorn.Server):
    """Leaves the signals of the test run alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def served(app: Any, lifespan: str = "off") -> AsyncIterator[str]:
    """The address of an ASGI app while it is served; lifespan: `on` if it starts and stops with the server."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        server = _Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan=lifespan))  # type: ignore[arg-type]
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving
