"""Ports on the loopback: free ones and taken ones."""

import socket

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on. For a minute the system gives it to none who asks for just any."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        with socket.create_connection(listener.getsockname()):
            # A connection that this end closes first leaves the port waiting: only who names it may listen there.
            listener.accept()[0].close()
        return int(listener.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
