"""What is said where no broker lets a client in; the client is a script, brokers are ports of the loopback."""

import asyncio

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError, NodeNotReadyError

from deploy.local.ports import LOOPBACK, free_port
from services.kit.kafka.access import KafkaAccess
from services.kit.kafka.starting import NotLetInError, start


class Failing:
    def __init__(self, error: KafkaError) -> None:
        self._error = error

    async def start(self) -> None:
        raise self._error


NOT_CONNECTED = Failing(KafkaConnectionError("Unable to bootstrap"))


async def test_each_broker_that_is_not_there_is_named() -> None:
    ports = free_port(), free_port()
    brokers = ",".join(f"{LOOPBACK}:{port}" for port in ports)
    with pytest.raises(NotLetInError) as refused:
        await start(NOT_CONNECTED, KafkaAccess(brokers))
    for port in ports:
        assert f"{LOOPBACK}:{port}, by PLAINTEXT: " in str(refused.value)
        assert f"Connect call failed ('{LOOPBACK}', {port})" in str(refused.value)


async def test_who_hangs_up_may_want_to_be_spoken_to_otherwise() -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, LOOPBACK, 0) as server:
        host, port = server.sockets[0].getsockname()
        expected = f"{host}:{port}, by PLAINTEXT: .*may ask for another security protocol"
        with pytest.raises(NotLetInError, match=expected):
            await start(NOT_CONNECTED, KafkaAccess(f"{host}:{port}"))


async def test_what_else_goes_wrong_is_said_as_it_is() -> None:
    with pytest.raises(NodeNotReadyError, match="not ready"):
        await start(Failing(NodeNotReadyError("not ready")), KafkaAccess(f"{LOOPBACK}:{free_port()}"))
