"""What a charger is answered about a token (OCPP 1.6, IdTagInfo)."""

from __future__ import annotations

from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import AuthorizationStatus

from domain.records import Record
from domain.records.load import TransactionPermitted
from domain.records.sites import Denial, StartDenied
from domain.records.time import InputRejected

STATUSES: dict[Denial, AuthorizationStatus] = {
    "refused": AuthorizationStatus.blocked,
    "blocked_card": AuthorizationStatus.blocked,
    "expired_card": AuthorizationStatus.expired,
    "unknown_card": AuthorizationStatus.invalid,
}
INVALID = IdTagInfo(AuthorizationStatus.invalid)


def id_tag_info(decided: Record) -> IdTagInfo:
    """The answer that follows from the decision on a start."""
    match decided.data:
        case TransactionPermitted():
            return IdTagInfo(AuthorizationStatus.accepted)
        case StartDenied():
            return IdTagInfo(STATUSES[decided.data.denial])
        case InputRejected():
            return INVALID
    return IdTagInfo(AuthorizationStatus.blocked)  # there is no room
