"""Which tables are outboxes, and how the connector that publishes them differs from the one that captures."""

from dataclasses import replace

import pytest

from cdc.catalog.declared import all_catalogs, service_catalog
from cdc.catalog.model import CatalogError, ServiceCatalog
from cdc.catalog.outbox import outboxes
from cdc.connect.configuration import Configuration, Database, Kafka, configuration
from cdc.connect.outbox import outbox_configuration

DATABASE = Database("127.0.0.1", 5432, "huleedu_spell_checker", "spell_checker_cdc", "${env:PASSWORD}")
SPELL_CHECKER = service_catalog("spell_checker")


def _configured(catalog: ServiceCatalog = SPELL_CHECKER) -> Configuration:
    configured = outbox_configuration(catalog, DATABASE, Kafka(), heartbeat_seconds=5.0)
    assert configured is not None
    return configured


def test_the_services_that_answer_requests_of_topics_have_an_outbox_each() -> None:
    published = {str(table) for catalog in all_catalogs() for table in outboxes(catalog)}
    assert published == {"spell_checker.outbox", "cj_assessment.outbox"}


def test_a_service_without_an_outbox_has_no_such_connector() -> None:
    assert outbox_configuration(service_catalog("file"), DATABASE, Kafka(), heartbeat_seconds=5.0) is None


def test_it_shares_no_name_with_the_capturing_one_that_either_would_take_from_the_other() -> None:
    capturing = configuration(SPELL_CHECKER, DATABASE, 1, Kafka(), 5.0)
    publishing = _configured()
    for name in ("name", "topic.prefix", "slot.name", "publication.name"):
        assert capturing[name] != publishing[name]
    assert capturing["database.password"] == publishing["database.password"] == "${env:PASSWORD}"


def test_its_router_reads_columns_that_the_outbox_has_and_sends_all_that_a_message_is_made_of() -> None:
    (outbox,) = outboxes(SPELL_CHECKER)
    published = outbox.capture.published
    assert published is not None
    columns = {column.name for column in outbox.columns}
    assert published.columns <= columns
    told = {value.split(":")[0] for name, value in _configured().items() if name.startswith("transforms.outbox.")}
    assert published.columns <= told


def test_it_reads_the_outbox_and_nothing_else() -> None:
    assert _configured()["table.include.list"] == r"public\.outbox"


def test_nothing_is_done_to_its_messages_but_to_route_them() -> None:
    configured = _configured()
    assert configured["transforms"] == "outbox"
    assert not [name for name in configured if name.startswith("predicates")]
    assert all(name.startswith("transforms.outbox.") for name in configured if name.startswith("transforms."))
    assert configured["value.converter"].endswith("StringConverter")


def test_columns_of_other_tables_that_debezium_does_not_carry_keep_no_result_back() -> None:
    (outbox,) = outboxes(SPELL_CHECKER)
    jobs = next(table for table in SPELL_CHECKER.tables if table.name == "spellcheck_jobs")
    odd = replace(jobs, columns=(*jobs.columns, replace(jobs.columns[-1], name="spans", postgres_type="time[]")))
    catalog = ServiceCatalog(SPELL_CHECKER.service, (odd, outbox))
    with pytest.raises(CatalogError, match="spans"):
        configuration(catalog, DATABASE, 1, Kafka(), 5.0)
    assert _configured(catalog) == _configured(ServiceCatalog(SPELL_CHECKER.service, (outbox,)))
