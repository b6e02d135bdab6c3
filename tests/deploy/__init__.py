"""Tests of what starts and supervises the platform's parts."""
