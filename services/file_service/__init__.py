"""Uploaded files of teachers' batches: their bytes in an object store, their versions and fate in PostgreSQL."""
