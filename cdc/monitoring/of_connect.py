"""What Kafka Connect is asked for metrics: whether the task of each of a service's connectors runs."""

from collections.abc import Iterator
from contextlib import contextmanager

from cdc.connect.rest import ConnectClient, connect_client
from cdc.connect.wanted import connectors_of
from cdc.metrics import CONNECTOR_RUNNING
from cdc.monitoring.sampler import ANSWER_SECONDS, Sample
from cdc.monitoring.watched import Watched


@contextmanager
def connect_samples(watched: Watched, connect_url: str) -> Iterator[Sample]:
    """Samples over one client; ConnectError if Connect does not answer, or is busy with itself."""
    with connect_client(connect_url, ANSWER_SECONDS) as client:
        yield lambda: take(client, watched)


def take(client: ConnectClient, watched: Watched) -> None:
    """Look once at each connector; one that is not there does not run."""
    for name in connectors_of(watched.catalog):
        state = client.state(name)
        CONNECTOR_RUNNING.labels(watched.service, name).set(state is not None and state.is_running)
