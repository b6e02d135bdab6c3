"""How batches get into ClickHouse: in turns, and in the order that keeps every promise when it is cut off."""
