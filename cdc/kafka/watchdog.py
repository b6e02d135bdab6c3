"""The watchdog: a consumer that believes itself assigned, and gets nothing while there is something, is begun anew.

aiokafka fetches and rebalances in tasks of its own; where one of them is stuck, nothing fails and nothing comes.
"""

from collections.abc import Collection, Mapping

from aiokafka.errors import KafkaError

from cdc.kafka.offsets import Partition


class StuckError(KafkaError):  # type: ignore[misc]
    """Nothing has moved for longer than can be explained; the message says what."""


class Watchdog:
    """Sees where reading stands still although there is more, and no fault of ours keeps it from being read."""

    def __init__(self, patience_seconds: float) -> None:
        self._patience = patience_seconds
        # Where each partition stood, and the time at which there last was a reason for it to stand there.
        self._stood: dict[Partition, tuple[int, float]] = {}

    def look(
        self,
        now: float,
        standing: Mapping[Partition, int | None],
        ends: Mapping[Partition, int],
        paused: Collection[Partition],
    ) -> None:
        """Take another look; StuckError names a partition that has stood still for too long.

        standing: where the reader is in each assigned partition, None where it has not begun; ends: what it could
        reach; both of now, in seconds of one clock.
        """
        stood, self._stood = self._stood, {}
        for partition, position in standing.items():
            place = -1 if position is None else position
            before, since = stood.get(partition, (place, now))
            if place != before or partition in paused or max(place, 0) >= ends.get(partition, 0):
                since = now
            self._stood[partition] = (place, since)
            if now - since >= self._patience:
                raise StuckError(
                    f"nothing was read of {partition.topic}-{partition.number} for {now - since:.0f} s: it ends at"
                    f" {ends[partition]}, and the reader is at {'no offset' if position is None else position}"
                )
