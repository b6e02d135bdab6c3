"""Fixtures over real servers, shared by every test."""
