"""What analysts and auditors ask of the copy in ClickHouse."""
