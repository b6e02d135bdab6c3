"""Every metric that capture and the services declare: its samples' names, each with its labels."""

from collections.abc import Iterator
from importlib import import_module

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

MODULES = (
    "cdc.metrics",
    "services.kit.postgres.metrics",
    "services.kit.background_jobs",
    "services.kit.topics.metrics",
    "services.api_gateway_service.upstreams",
    "services.api_gateway_service.rate_limit_check",
    "services.api_gateway_service.rate_limiter_valkey_impl",
    "services.api_gateway_service.request_log",
)
# What Prometheus says of whom it scrapes.
OF_TARGETS = frozenset({"part", "instance", "job"})


def declared(module: str) -> list[MetricWrapperBase]:
    """The metrics that a module declares."""
    return [each for each in vars(import_module(module)).values() if isinstance(each, Counter | Gauge | Histogram)]


def labels_of(metric: MetricWrapperBase) -> frozenset[str]:
    """The labels that a metric is declared with."""
    return frozenset(vars(metric)["_labelnames"])


def samples_of(metric: MetricWrapperBase) -> frozenset[str]:
    """The names of a metric's samples."""
    return frozenset(name for name, _ in _samples(metric))


def labels_by_sample() -> dict[str, frozenset[str]]:
    """The labels of each sample as Prometheus stores it."""
    found = {"up": OF_TARGETS}
    for module in MODULES:
        for metric in declared(module):
            # A label that the target has too is kept under another name.
            own = {f"exported_{label}" if label in OF_TARGETS else label for label in labels_of(metric)}
            found |= {name: OF_TARGETS | own | more for name, more in _samples(metric)}
    return found


def _samples(metric: MetricWrapperBase) -> Iterator[tuple[str, frozenset[str]]]:
    [described] = metric.describe()
    name = described.name
    if isinstance(metric, Histogram):
        yield f"{name}_bucket", frozenset({"le"})
        yield f"{name}_sum", frozenset()
        yield f"{name}_count", frozenset()
    else:
        yield (f"{name}_total" if isinstance(metric, Counter) else name), frozenset()
