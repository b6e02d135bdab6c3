"""What stands between the pipeline and its sink in a test: it sees every batch, and can make each of them wait."""

import time

from cdc.batch import Batch
from cdc.storing.sink import Sink


class WatchedStore:
    """Notes each batch that was stored, in order; makes each wait for `seconds` before it is stored.

    A batch's commits come as a batch of their own, some time after the rest of it.
    """

    def __init__(self) -> None:
        self.stored: list[Batch] = []
        self.seconds = 0.0
        self._store = Sink.store

    def store(self, sink: Sink, batch: Batch) -> None:
        """Stand in for `Sink.store`."""
        time.sleep(self.seconds)
        self._store(sink, batch)
        self.stored.append(batch)
