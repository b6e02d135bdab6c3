"""The spell checker: checks pupils' essays in English and Swedish, and keeps what it found."""
