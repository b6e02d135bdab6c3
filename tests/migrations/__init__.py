"""Tests of schema changes."""
