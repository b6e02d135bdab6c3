"""Schema changes of the service databases and of ClickHouse."""
