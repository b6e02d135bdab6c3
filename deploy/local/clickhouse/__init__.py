"""ClickHouse on one machine: one process owns the chDB engine and speaks ClickHouse's HTTP interface on loopback."""
