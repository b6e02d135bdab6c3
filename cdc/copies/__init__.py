"""Copies of tables, the first and every later one, beside the stream that goes on."""
