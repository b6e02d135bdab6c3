"""Change data capture: from a PostgreSQL replication slot into ClickHouse, and the proof that nothing was lost."""
