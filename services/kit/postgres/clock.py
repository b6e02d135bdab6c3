"""PostgreSQL's clock, which all replicas share: what removes rows by their age never asks the one of its own host."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def moment_ago(session: AsyncSession, ago: timedelta) -> datetime:
    """The moment that was so long ago, in UTC."""
    now: datetime = (await session.scalars(select(func.clock_timestamp()))).one()
    return now - ago
