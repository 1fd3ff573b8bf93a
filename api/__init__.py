"""The REST API: one router file per resource."""

from api.app import create_app
from api.context import Context

__all__ = ["Context", "create_app"]
