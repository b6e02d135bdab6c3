"""Garbage: Python looks for it among objects that go on, which records are that wait by the ten thousand.

They are in no cycle, and are freed without it; looking took a fifth of a sink's own CPU.
"""

import gc

# So many objects more than there were, and so many looks at young ones before one at older ones.
_SELDOM = (50_000, 20, 100)


def look_for_garbage_seldom() -> None:
    """Have this process look for cycles less often than Python does by itself."""
    gc.set_threshold(*_SELDOM)
