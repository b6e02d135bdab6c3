"""What capture remembers of itself, kept in ClickHouse."""
