"""Listening on a port, and who has taken it, for the message to whoever wanted it."""

import errno
import socket

import psutil

_BACKLOG = 1024


class PortTakenError(Exception):
    """The address cannot be listened on; the message names it and says why."""


def listening(host: str, port: int, port_variable: str) -> socket.socket:
    """A socket that listens; PortTakenError names who does already, and the variable that sets the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno == errno.EADDRINUSE:
            reason = f"Address already in use by {listener(port)}: stop that, or set {port_variable} to another port"
        raise PortTakenError(f"cannot listen on {host}:{port}: {reason}") from error


def listener(port: int) -> str:
    """Who listens on `port`, as far as this user may see."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        connections = []
    for connection in connections:
        listens = connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,)
        if listens and connection.pid is not None:
            return _description(connection.pid)
    return "a process that this user may not see"


def _description(pid: int) -> str:
    try:
        return f"process {pid} ({psutil.Process(pid).name()})"
    except psutil.Error:
        return f"process {pid}"
