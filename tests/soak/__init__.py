"""The soak: mixed load for a long time, during which nothing may grow: memory, lag, parts, WAL held back."""
