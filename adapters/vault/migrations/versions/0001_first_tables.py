"""The tables as of the first migration. A vault that has them already is unchanged."""

import sqlalchemy as sa
from alembic import op

revision = "0001_first_tables"
down_revision = None


def upgrade() -> None:
    _table(
        "accounts",
        sa.Column("account_id", sa.String, primary_key=True),
        sa.Column("email_mac", sa.String, nullable=False, unique=True),
        sa.Column("email_sealed", sa.LargeBinary, nullable=False),
        sa.Column("password_hash", sa.String, nullable=False),
    )
    _table(
        "enterprises",
        sa.Column("enterprise_id", sa.String, primary_key=True),
        sa.Column("name_sealed", sa.LargeBinary, nullable=False),
        sa.Column("domain_sealed", sa.LargeBinary, nullable=False),
    )
    _table(
        "integration_keys",
        sa.Column("key_id", sa.String, primary_key=True),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("enterprise_id", sa.String),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
    )
    _index("ix_integration_keys_enterprise_id", "integration_keys", "enterprise_id")
    _table(
        "signing_keys",
        sa.Column("kid", sa.String, primary_key=True),
        sa.Column("key_sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
    )
    _table(
        "vehicle_vins",
        sa.Column("vehicle_id", sa.String, primary_key=True),
        sa.Column("vin_mac", sa.String, nullable=False, unique=True),
        sa.Column("vin_sealed", sa.LargeBinary, nullable=False),
    )
    _table(
        "charging_tokens",
        sa.Column("token_mac", sa.String, primary_key=True),
        sa.Column("vehicle_id", sa.String, nullable=False),
    )
    _index("ix_charging_tokens_vehicle_id", "charging_tokens", "vehicle_id")
    _table(
        "charger_passwords",
        sa.Column("charger_id", sa.String, primary_key=True),
        sa.Column("digest", sa.String, nullable=False),
    )
    _table(
        "notes",
        sa.Column("about", sa.String, primary_key=True),
        sa.Column("note_sealed", sa.LargeBinary, nullable=False),
    )
    _table(
        "answers",
        sa.Column("record_id", sa.String, primary_key=True),
        sa.Column("body_hash", sa.String, nullable=False),
        sa.Column("received_ms", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("answer_sealed", sa.LargeBinary),
    )
    _index("answers_by_age", "answers", "received_ms")


def _table(name: str, *columns: "sa.Column[object]") -> None:
    op.create_table(name, *columns, if_not_exists=True)


def _index(name: str, table: str, column: str) -> None:
    op.create_index(name, table, [column], if_not_exists=True)
