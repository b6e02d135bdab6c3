"""Requests that come from Kafka's topics, and results that go there: shapes, the consumer, and what it parks."""
