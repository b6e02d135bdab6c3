"""Results on their way to a topic, and messages from topics that were refused for good."""
# pylint: disable=invalid-name,no-member  # Alembic wants these names and fills its modules at run time

from collections.abc import Sequence

from alembic import op

from services.kit.topics.first_tables import create_outbox, create_parked_messages

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    create_outbox()
    create_parked_messages()


def downgrade() -> None:
    op.drop_table("parked_messages")
    op.drop_table("outbox")
