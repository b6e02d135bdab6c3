"""The pipeline from end to end, on a real PostgreSQL and a real ClickHouse."""
