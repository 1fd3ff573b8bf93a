"""The error by which a rule rejects a request."""

from __future__ import annotations


class DomainError(Exception):
    """A request that a rule rejects: `reason` for people; `field` and `rule` name the wrong field and the rule.

    Only this exception rejects an input; any other is a defect and parks the stream.
    """

    def __init__(self, reason: str, *, field: str = "", rule: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field
        self.rule = rule
