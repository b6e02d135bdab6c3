"""Which connectors a service has: what they are called, and what is wanted of each."""

import pytest

from cdc.catalog.declared import all_catalogs, service_catalog
from cdc.catalog.model import ServiceCatalog
from cdc.connect.configuration import Database, Kafka
from cdc.connect.wanted import configurations, connectors_of

DATABASE = Database("127.0.0.1", 5432, "huleedu", "a_cdc", "${env:PASSWORD}")


@pytest.mark.parametrize("catalog", all_catalogs(), ids=lambda each: each.service)
def test_there_is_a_configuration_for_each_name_in_its_place(catalog: ServiceCatalog) -> None:
    wanted = configurations(catalog, DATABASE, 1, Kafka(), 5.0)
    assert tuple(each["name"] for each in wanted) == connectors_of(catalog)


def test_a_service_that_answers_in_topics_has_a_second_connector() -> None:
    assert connectors_of(service_catalog("file")) == ("huleedu-file",)
    assert connectors_of(service_catalog("spell_checker")) == ("huleedu-spell_checker", "huleedu-spell_checker-outbox")


def test_a_new_epoch_is_the_capturing_connectors_alone() -> None:
    catalog = service_catalog("spell_checker")
    (first, publishing), (second, still) = (configurations(catalog, DATABASE, epoch, Kafka(), 5.0) for epoch in (1, 2))
    assert first != second
    assert publishing == still
