"""The local Kafka Connect: what it offers, where its connectors find secrets, and how it ends."""

import httpx

from deploy.local.kafka.connect import Connect

DEBEZIUM = "io.debezium.connector.postgresql.PostgresConnector"


def test_debezium_is_at_hand(connect_server: Connect) -> None:
    plugins = httpx.get(f"{connect_server.url}/connector-plugins").json()
    assert {(plugin["class"], plugin["version"]) for plugin in plugins} == {(DEBEZIUM, "3.6.1.Final")}
