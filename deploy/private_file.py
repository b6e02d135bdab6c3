"""Files with secrets: complete or not there, and readable by their owner alone from the first byte."""

import os
from pathlib import Path


def write_private(file: Path, text: str) -> None:
    """Put `text` in the place of what `file` held."""
    unfinished = file.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as output:
        output.write(text)
    unfinished.replace(file)
