"""Proof that ClickHouse holds what PostgreSQL holds."""
