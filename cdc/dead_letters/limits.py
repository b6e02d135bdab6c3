"""How much may be parked: beyond it capture stops, because somebody has to look first."""

# Refused changes of a table without a stored one between.
IN_A_ROW = 100
# Keys of a table that have open letters, eight bytes each while a stream goes on.
MOST_KEYS = 1_000_000


class LimitReachedError(RuntimeError):
    """More was refused than may be parked; the message names the table, says why, and what to do."""
