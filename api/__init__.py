"""The REST API (`routes/`) and its pages (`web/`)."""

from api.app import create_app
from api.context import Context

__all__ = ["Context", "create_app"]
