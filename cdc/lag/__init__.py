"""How far ClickHouse is behind PostgreSQL, what a slot holds back, and what comes of it."""
