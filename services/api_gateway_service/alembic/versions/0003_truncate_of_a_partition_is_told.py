"""A partition that the service has made tells its TRUNCATE to capture, where capture has put what it tells it by."""
# pylint: disable=invalid-name,no-member  # Alembic wants these names and fills its modules at run time

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_CREATE = "public.create_api_request_partitions(date, date)"
_BEFORE_IT_IS_ATTACHED = """\
            EXECUTE format('ALTER TABLE public.%I REPLICA IDENTITY FULL', partition);
        END IF;
"""
# A trigger is nothing that LIKE takes over. The function is capture's, and comes and goes with it.
_TRIGGER = """\
        IF to_regprocedure('public.huleedu_tell_truncate()') IS NOT NULL THEN
            EXECUTE format(
                'CREATE TRIGGER huleedu_tell_truncate AFTER TRUNCATE ON public.%I'
                ' FOR EACH STATEMENT EXECUTE FUNCTION public.huleedu_tell_truncate()', partition
            );
        END IF;
"""


def upgrade() -> None:
    _replace(_BEFORE_IT_IS_ATTACHED, _BEFORE_IT_IS_ATTACHED + _TRIGGER)


def downgrade() -> None:
    _replace(_TRIGGER, "")


def _replace(old: str, new: str) -> None:
    """Change a part of the function that makes partitions, and leave the rest of it as it is."""
    definition = op.get_bind().scalar(sa.text(f"SELECT pg_get_functiondef('{_CREATE}'::regprocedure)"))
    if old not in str(definition):
        raise RuntimeError(f"{_CREATE} is not as revision {down_revision} made it: make it so, then upgrade again")
    op.execute(str(definition).replace(old, new))
