"""Spelling: which words a text has, which of them are wrong, and what they should be. Knows no database and no HTTP."""
