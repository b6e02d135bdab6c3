"""Java's properties files, as Kafka's programs read their settings from."""

from collections.abc import Mapping

_PLAIN = frozenset(map(chr, range(0x21, 0x7F))) - {"\\"}


def properties(settings: Mapping[str, str]) -> str:
    """The text of a file with `settings`, all of it ASCII; their names must be plain, their values may be any text."""
    return "".join(f"{name}={''.join(map(_written, value))}\n" for name, value in settings.items())


def _written(character: str) -> str:
    if character in _PLAIN:
        return character
    units = character.encode("utf-16-be").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
