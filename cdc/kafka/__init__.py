"""The sink on Kafka: a consumer group's share of a service's topics into ClickHouse, committed once it is stored."""
