"""One app on one port until a signal ends it: SIGTERM or SIGINT stop it gracefully, with exit code 0."""

import errno
import signal
import socket

import uvicorn
from quart import Quart

from services.kit.listener import listener

SECONDS_TO_FINISH = 10
_BACKLOG = 1024


class PortTakenError(Exception):
    """The address cannot be listened on; the message names it and says why."""


async def serve(app: Quart, host: str, port: int, port_variable: str) -> None:
    """Serve `app` until the process is told to stop; requests in progress have some seconds to finish.

    port_variable: what sets the port, for the message of a PortTakenError.
    """
    with _listening(host, port, port_variable) as listening:
        # Uvicorn raises the signal anew once it has stopped: by then it has been obeyed.
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda _number, _frame: None)
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=SECONDS_TO_FINISH)
        await uvicorn.Server(config).serve(sockets=[listening])


def _listening(host: str, port: int, port_variable: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno == errno.EADDRINUSE:
            reason = f"Address already in use by {listener(port)}: stop that, or set {port_variable} to another port"
        raise PortTakenError(f"cannot listen on {host}:{port}: {reason}") from error
