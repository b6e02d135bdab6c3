"""Names that people type: what is said of one that nothing is called by."""

from collections.abc import Iterable
from difflib import get_close_matches


class UnknownNameError(LookupError):
    """Nothing is called so; the message lists what is."""


def not_called(kind: str, name: str, known: Iterable[str]) -> str:
    """The sentence for a name that no `kind` (in the singular) is called by: what is like it, and what there is."""
    names = list(known)
    alike = get_close_matches(name.lower(), names, n=3)
    guess = f" (did you mean {' or '.join(alike)}?)" if alike else ""
    return f"no {kind} is called {name!r}{guess}; there are {', '.join(names) or 'none'}"
