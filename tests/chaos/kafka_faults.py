"""What befalls the way through Kafka alone: its broker, Connect, and which sinks there are to share the partitions."""

import signal
import time

from tests.chaos.faults import Strike, cut, held, killed, one_that_captures, part, paused, silent, slow, unanswered
from tests.chaos.parts import Part
from tests.chaos.platform import CLICKHOUSE, Platform
from tests.chaos.schedule import Fault
from tests.chaos.targets import SERVICES

BROKER, CONNECT, FURTHER_SINK = "Kafka", "Connect", "further sink"
GROUP = "huleedu-cdc"
# How each member tells of what a rebalance gave it.
_ASSIGNED = "assigned: "
# Longer than a group waits for a sign of life of a member.
_MISSED_SECONDS = 11.0
_JOINING_SECONDS = 30.0
# Enough for an insert to be under way at any moment, and little enough for a sink to start.
_INSERTS_DELAYED_SECONDS = 0.04
# What requests name that write changes and end Kafka's transactions, and those by which sinks say what is stored.
_TRANSACTIONS, _COMMITS = b"huleedu-connect-huleedu", GROUP.encode()


def _missed(platform: Platform, fault: Fault) -> bool:
    """Pause a sink until its group goes on without it, and let it come back amid what it had under way."""
    before = platform.said(_ASSIGNED)
    with held([one_that_captures(platform, fault).pid]):
        time.sleep(_MISSED_SECONDS + fault.lasts_seconds)
    return platform.said(_ASSIGNED) > before


def _joined(platform: Platform, fault: Fault) -> bool:
    """Let a further sink join while inserts are under way, and then leave, or die."""
    before, sink, link = platform.said(_ASSIGNED), platform.parts[FURTHER_SINK], platform.links[CLICKHOUSE]
    link.delay_seconds = _INSERTS_DELAYED_SECONDS
    sink.start()
    try:
        joined = _wait_for_share(platform, before)
        time.sleep(fault.lasts_seconds)
    finally:
        _take_away(sink, fault)
        link.delay_seconds = 0.0
    return joined


def _wait_for_share(platform: Platform, before: int) -> bool:
    """Whether the groups of all services were assigned anew in time: those that were there, and the one that came."""
    deadline = time.monotonic() + _JOINING_SECONDS
    while time.monotonic() < deadline:
        if platform.said(_ASSIGNED) - before >= 2 * len(SERVICES):
            return True
        time.sleep(0.1)
    return False


def _take_away(sink: Part, fault: Fault) -> None:
    sink.end(signal.SIGTERM if fault.draw < 0.5 else signal.SIGKILL)


KAFKA_KINDS: dict[str, Strike] = {
    "kill Kafka": killed(part(BROKER), signal.SIGKILL),
    "kill Connect": killed(part(CONNECT), signal.SIGKILL),
    "pause Kafka": paused(part(BROKER)),
    "pause Connect": paused(part(CONNECT)),
    "slow Kafka": slow(BROKER),
    "cut off Kafka": cut(BROKER),
    "silent Kafka": silent(BROKER),
    "Kafka's transactions unanswered": unanswered(BROKER, _TRANSACTIONS),
    "commits of offsets unanswered": unanswered(BROKER, _COMMITS),
    "a sink is missed": _missed,
    "a sink joins": _joined,
}
SURE_BY_KAFKA = frozenset({"kill Kafka", "kill Connect", "pause Kafka", "pause Connect"})
# They take the longest, and so would come seldom: of 200 faults 30 are to be of these.
KILLS = {"kill Kafka": 3, "kill Connect": 3}
