"""Starts clients of Kafka, and finds out why no broker lets one in, which aiokafka only tells its log."""

import asyncio
from typing import Any, Protocol

from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import KafkaConnectionError, KafkaError
from aiokafka.protocol.metadata import MetadataRequest

from services.kit.kafka.access import KafkaAccess

_PATIENCE_MS = 5_000


class Startable(Protocol):
    """A consumer, a producer or an administrator."""

    async def start(self) -> None:
        """Find the brokers; KafkaConnectionError if none of those that were named lets it in."""


class NotLetInError(KafkaConnectionError):  # type: ignore[misc]  # aiokafka has no types
    """No broker lets a client in; the message says why each of them does not."""


async def start(client: Startable, access: KafkaAccess) -> None:
    """Start a client that was made with the arguments of this access; NotLetInError, KafkaError."""
    try:
        await client.start()
    except KafkaConnectionError as error:
        refusals = await _refusals(access)
        if not refusals:
            # Brokers answer by now.
            raise
        raise NotLetInError("; ".join(refusals)) from error


async def _refusals(access: KafkaAccess) -> list[str]:
    """What each broker says that lets nobody in by this access."""
    arguments = access.arguments()
    hosts = collect_hosts(arguments.pop("bootstrap_servers"), randomize=False)
    login = access.login
    tried = f"by {access.protocol}" + (f" and {login.mechanism} as {login.username}" if login else "")
    reasons = await asyncio.gather(*(_refusal(host, port, arguments) for host, port, _ in hosts))
    return [
        f"{host}:{port}, {tried}: {reason}" for (host, port, _), reason in zip(hosts, reasons, strict=True) if reason
    ]


async def _refusal(host: str, port: int, arguments: dict[str, Any]) -> str | None:
    try:
        connection = await create_conn(host, port, request_timeout_ms=_PATIENCE_MS, **arguments)
        try:
            # Who should have said who he is learns that by his first request.
            await connection.send(MetadataRequest([]))
        finally:
            connection.close()
    except (KafkaConnectionError, ConnectionResetError) as error:
        # A broker that does not understand a client, or misses a certificate, says nothing.
        said = str(error) or type(error).__name__
        return f"{said}: it hung up, and may ask for another security protocol, or for a certificate"
    except (KafkaError, OSError, TimeoutError) as error:
        return str(error) or type(error).__name__
    return None
