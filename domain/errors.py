"""The one way a rule says no."""

from __future__ import annotations


class DomainError(Exception):
    """A request that the rules reject: `reason` for people, `field` names what was wrong, `rule` who said so.

    Only this exception rejects an input; any other is a defect and parks the stream.
    """

    def __init__(self, reason: str, *, field: str = "", rule: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field
        self.rule = rule
