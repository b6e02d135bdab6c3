"""Whether a committed row can be read in Kafka: the connector alone, without a sink behind it."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench.filled_topic import FilledTopic
from tests.bench.latency import Sees

_WAIT_MS = 50
_NOBODY = "bench-arrivals"
# Probes have keys below 0, and nobody else has.
_OF_A_PROBE = b'{"id":-'


@contextmanager
def readable(topic: FilledTopic) -> Iterator[Sees]:
    """Whether a probe's row has been read from a topic of the workload by a consumer as a sink has it, from now on."""
    arrived, stopping = set[int](), threading.Event()
    reader = threading.Thread(target=lambda: asyncio.run(_read(topic, arrived, stopping)))
    reader.start()
    try:
        yield lambda key: key in arrived
    finally:
        stopping.set()
        reader.join()


async def _read(topic: FilledTopic, arrived: set[int], stopping: threading.Event) -> None:
    async with topic.opened(_NOBODY) as reading:
        while not stopping.is_set():
            for records in (await reading.getmany(timeout_ms=_WAIT_MS)).values():
                arrived |= {json.loads(record.key)["id"] for record in records if record.key.startswith(_OF_A_PROBE)}
