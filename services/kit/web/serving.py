"""One app on one port until a signal ends it: SIGTERM or SIGINT stop it gracefully, with exit code 0."""

import signal

import uvicorn
from quart import Quart

from services.kit.listener import listening

SECONDS_TO_FINISH = 10


async def serve(app: Quart, host: str, port: int, port_variable: str) -> None:
    """Serve `app` until the process is told to stop; requests in progress have some seconds to finish.

    port_variable: what sets the port, for the message of a PortTakenError.
    """
    with listening(host, port, port_variable) as listener:
        # Uvicorn raises the signal anew once it has stopped: by then it has been obeyed.
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda _number, _frame: None)
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=SECONDS_TO_FINISH)
        await uvicorn.Server(config).serve(sockets=[listener])
