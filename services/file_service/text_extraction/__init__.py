"""The text of an uploaded document, read from bytes that nobody has checked before."""
