"""Every service tells the same of its queries, so that one question of a dashboard is answered for all of them."""

from collections import defaultdict
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from services.kit.service import ServiceDefinition
from services.registry import SERVICES, Service
from tests.services.surroundings import list_of
from tests.support.callers import ANNA
from tests.support.platform import Platform, issued_token

DURATION, COUNT = "db_query_duration_seconds", "db_queries_total"
LABELS = {"service", "operation", "table", "outcome"}

Scraped = dict[str, list[Sample]]
# Ten processes may have to start first.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(name="scraped", scope="module")
def _scraped(platform: Platform) -> Scraped:
    """What each service tells of its queries after a list was asked of it."""
    headers = {**ANNA, "Authorization": f"Bearer {issued_token(platform, 'anna', 'teacher')}"}
    with httpx.Client(headers=headers, trust_env=False, timeout=60) as client:
        for service in SERVICES:
            assert client.get(f"{platform.url(service.name)}{list_of(service)}").status_code == 200
        return {
            service.name: list(_of_queries(client.get(f"{platform.url(service.name)}/metrics").text))
            for service in SERVICES
        }


def _of_queries(exposition: str) -> Iterator[Sample]:
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            if sample.name == COUNT or (family.type == "histogram" and sample.name.startswith(DURATION)):
                yield sample


def _sum_by(scraped: Scraped, name: str, *by: str, **where: str) -> dict[tuple[str, ...], float]:
    """`sum by (…) (name{…})`, over what all services tell."""
    sums: dict[tuple[str, ...], float] = defaultdict(float)
    for sample in (sample for samples in scraped.values() for sample in samples if sample.name == name):
        if where.items() <= sample.labels.items():
            sums[tuple(sample.labels[label] for label in by)] += sample.value
    return sums


def test_its_queries_are_counted_and_timed_by_the_labels_that_all_have(
    each_service: Service, definition: ServiceDefinition, scraped: Scraped
) -> None:
    samples = scraped[each_service.name]
    assert {COUNT, f"{DURATION}_bucket", f"{DURATION}_sum", f"{DURATION}_count"} <= {sample.name for sample in samples}
    kept = [sample for sample in samples if not sample.name.endswith("_created")]
    assert all(sample.labels.keys() - {"le"} == LABELS for sample in kept)
    assert {sample.labels["service"] for sample in kept} == {each_service.name}
    own = {each_service.name: samples}
    read = _sum_by(own, COUNT, "table", operation="select", outcome="ok")
    assert any(read[(table,)] > 0 for table in definition.metadata.tables)
    assert _sum_by(own, f"{DURATION}_count", *LABELS) == _sum_by(own, COUNT, *LABELS)


def test_one_question_of_a_dashboard_is_answered_for_all_services(scraped: Scraped) -> None:
    names = {(service.name,) for service in SERVICES}
    counted, seconds = (_sum_by(scraped, name, "service") for name in (COUNT, f"{DURATION}_sum"))
    assert counted.keys() == seconds.keys() == names
    assert all(seconds[name] / counted[name] > 0 for name in names)
    buckets = _sum_by(scraped, f"{DURATION}_bucket", "service", "le", outcome="ok")
    edges = {le for _, le in buckets}
    assert buckets.keys() == {(service.name, le) for service in SERVICES for le in edges}
    fastest = {service.name: min(float(le) for le in edges if buckets[service.name, le]) for service in SERVICES}
    assert all(edge < float("inf") for edge in fastest.values())
