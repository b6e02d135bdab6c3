"""The distributed source: connectors of Debezium on Kafka Connect, as the catalog has them."""
