"""Debezium's connectors on Kafka Connect: how each is configured, what would change, and the commands for them."""
