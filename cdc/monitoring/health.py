"""Whether capture is healthy: every stream goes on, which says more than that the process lives.

There always is something to come, since capture writes a heartbeat into each database. So a stream that stands still
for longer than that and some patience is in trouble, whatever the trouble is: PostgreSQL, ClickHouse, or its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cdc.monitoring.watched import Watched


@dataclass(frozen=True)
class Health:
    """Whether all streams go on, and what is said of each."""

    good: bool
    checks: dict[str, str]

    @property
    def body(self) -> dict[str, object]:
        """What /healthz answers, in the form in which services do."""
        return {"service": "cdc", "status": "ok" if self.good else "unavailable", "checks": self.checks}


def health_of(streams: Sequence[Watched], patience_seconds: float) -> Health:
    """The health of some streams, each of which may stand still for `patience_seconds`."""
    if not streams:
        return Health(good=False, checks={"streams": "none has begun: ClickHouse did not say yet what is captured"})
    still = {each.service: each.metrics.progress.without_progress_seconds for each in streams}
    checks = {
        service: "ok" if seconds <= patience_seconds else f"no progress for {seconds:.0f} s"
        for service, seconds in still.items()
    }
    return Health(good=max(still.values()) <= patience_seconds, checks=checks)
