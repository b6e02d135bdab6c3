"""Columns that come, go and change while they are captured: looked at in PostgreSQL, followed in ClickHouse."""
