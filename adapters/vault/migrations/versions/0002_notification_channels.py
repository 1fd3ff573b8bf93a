"""The table of notification channels."""

import sqlalchemy as sa
from alembic import op

revision = "0002_notification_channels"
down_revision = "0001_first_tables"


def upgrade() -> None:
    op.create_table(
        "notification_channels",
        sa.Column("account_id", sa.String, primary_key=True),
        sa.Column("channel_id", sa.String, primary_key=True),
        sa.Column("url_sealed", sa.LargeBinary, nullable=False),
        if_not_exists=True,
    )
