"""Contents of essays and what belongs to them: their bytes, their tags, and how one content relates to another."""
