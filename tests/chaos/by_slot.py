"""By way of the slot: one process of capture, which reads each service's replication slot."""

from collections.abc import Sequence
from contextlib import ExitStack

from tests.chaos.faults import KINDS, SURE
from tests.chaos.ledger import Ledger
from tests.chaos.observed import confirmed_position
from tests.chaos.parts import capture_part
from tests.chaos.platform import Capture, Ground, Platform
from tests.chaos.sampler import Look
from tests.chaos.source import Source
from tests.chaos.targets import SERVICES
from tests.chaos.transaction_look import TransactionLook

CAPTURE_LOG = "cdc.log"


def _capturing(ground: Ground, opened: ExitStack) -> Capture:
    log = ground.directory / CAPTURE_LOG
    process = capture_part(SERVICES, ground.settings(linked=True), log)
    opened.callback(process.end)
    return Capture([process], [log], process.start)


def _looks(platform: Platform, ledger: Ledger) -> Sequence[Look]:
    ground = platform.ground
    # What the slots have passed is gone from PostgreSQL.
    return [
        TransactionLook(
            lambda _: confirmed_position(ground.superuser_dsn), ground.clickhouse_url, ledger, in_order=True
        )
    ]


BY_SLOT = Source(_capturing, KINDS, _looks, recovery_seconds=90.0, sure=SURE)
