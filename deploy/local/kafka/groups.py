"""Whether groups of consumers read: each has settled on who reads what, and has somebody who does."""

import asyncio
from collections.abc import Sequence

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.local.ready import ANSWER_SECONDS, Ready

_SETTLED = "Stable"


def groups_read(bootstrap: str, groups: Sequence[str]) -> Ready:
    """Each of `groups` has a member that reads; a member that was killed counts until the group has missed it."""

    def ready() -> bool:
        try:
            return asyncio.run(_read(bootstrap, groups))
        except (KafkaError, TimeoutError):
            return False

    return ready


async def _read(bootstrap: str, groups: Sequence[str]) -> bool:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await admin.start()
            # The client asks of several groups at once only where one broker is in charge of all.
            answers = [await admin.describe_consumer_groups([group]) for group in groups]
    finally:
        await admin.close()
    return all(_settled(described) for (answer,) in answers for described in answer.groups)


def _settled(described: tuple[object, ...]) -> bool:
    _, _, state, _, _, members, *_ = described
    return state == _SETTLED and bool(members)
