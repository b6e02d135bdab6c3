"""What the endpoint looks at again and again beside its requests, whatever becomes of one look."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

LOG = logging.getLogger(__name__)


async def look_again(
    seconds: float, look: Callable[[], Awaitable[None]], ends_by: type[Exception] | None = None
) -> None:
    """Look every so many seconds, until it is cancelled or a look raises `ends_by`; what else one raises is logged."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await look()
        except Exception as error:  # pylint: disable=broad-exception-caught  # nobody else would look again
            if ends_by is not None and isinstance(error, ends_by):
                raise
            LOG.exception("what is looked at every %g s could not be, and will be again", seconds)
