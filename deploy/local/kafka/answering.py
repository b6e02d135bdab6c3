"""Whether a broker serves: it is asked for the cluster's members, and must know one."""

import socket
import struct

from deploy.local.ports import LOOPBACK

ANSWER_SECONDS = 2.0
# Metadata, version 1, of no topic, by a client without a name.
_REQUEST = struct.pack(">hhihi", 3, 1, 0, -1, 0)
_SIZE = struct.Struct(">i")
_HEAD = struct.Struct(">ii")


def broker_answers(port: int) -> bool:
    """Whether the broker on `port` of the loopback answers, and the cluster has let it in."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=ANSWER_SECONDS) as connection:
            connection.sendall(_SIZE.pack(len(_REQUEST)) + _REQUEST)
            with connection.makefile("rb") as answer:
                (size,) = _SIZE.unpack(answer.read(_SIZE.size))
                _, members = _HEAD.unpack(answer.read(size)[: _HEAD.size])
    except (OSError, struct.error):
        return False
    return bool(members)
