"""The servers that a server may be set up on."""

from tests.questdb import own_questdb

__all__ = ["own_questdb"]
