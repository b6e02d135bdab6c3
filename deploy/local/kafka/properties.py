"""Java's properties files, as Kafka's programs read their settings from."""

from collections.abc import Mapping

_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def properties(settings: Mapping[str, str]) -> str:
    """The text of a file with `settings`; their names must be plain, their values may be any text."""
    return "".join(f"{name}={_escaped(value)}\n" for name, value in settings.items())


def _escaped(value: str) -> str:
    escaped = value.translate(_ESCAPES)
    # Blanks before a value are not read as part of it.
    return f"\\{escaped}" if escaped.startswith((" ", "\f")) else escaped
