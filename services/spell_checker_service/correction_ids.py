"""Ids of corrections: those of one text sort as the words stand in it."""

import secrets
from uuid import UUID

_RANDOM_BITS = 96


def correction_id_at(position: int) -> UUID:
    """A new id for the correction at that position, from 0 to 2**31 - 1, which comes first in it."""
    return UUID(int=position << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS))
