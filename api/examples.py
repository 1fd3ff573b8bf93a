"""An example of each request body, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

EXAMPLES: dict[str, dict[str, Any]] = {
    "LoginRequest": {"email": "operator@localhost", "password": "correct horse battery"},
    "UserRequest": {"email": "ada@example.org", "password": "correct horse battery", "role": "driver"},
    "NotificationsRequest": {"urls": ["discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"]},
    "EnterpriseRequest": {
        "id": "city-ambulance",
        "name": "City Ambulance",
        "type": "emergency",
        "domain": "ambulance.example.org",
    },
    "ApprovalRequest": {"daily_grants": 20},
    "SiteRequest": {
        "id": "garage",
        "location": "9qh1x",
        "firm_kw": 25,
        "nodes": [
            {"id": "site", "parent": None, "kind": "site", "limit_kw": 40},
            {"id": "p1", "parent": "site", "kind": "panel", "limit_a": [20, 20, 20]},
        ],
    },
    "GridLimitRequest": {"limit_kw": 30, "ends_at": "2026-11-23T16:00:00Z", "reason": "utility"},
    "ChargerRequest": {"id": "c1", "site_id": "garage", "node": "p1", "phases": ["L1"], "max_a": 16, "voltage_v": 230},
    "CommissionRequest": {"test_load_a": 8, "minutes": 30},
    "ChargerCommandRequest": {"action": "reset", "arguments": {"type": "Soft"}, "expires_s": 60},
    "TransactionClosing": {"reason": "no car is plugged in", "transaction_id": "1804289383"},
    "TrustRequest": {"reason": "its electrician has set its current sensor"},
    "ReleaseRequest": {"reason": "the bay is blocked"},
    "SessionEnding": {"reason": "the driver asked for it by telephone"},
    "VehicleRequest": {"vin": "WVWZZZAUZLW000001", "battery_kwh": 60, "token": "CARD1"},
    "CardRequest": {"token": "CARD2", "expires_at": "2027-01-01T00:00:00Z"},
    "ReadingRequest": {"observed_at": "2026-11-23T12:00:00Z", "soc": 14.5, "plugged_in": False},
    "SessionRequest": {
        "vehicle_id": "WVWZZZAUZLW000001",
        "site_id": "garage",
        "target_soc": 80,
        "current_soc": 35,
        "time_constraint_minutes": 240,
    },
    "UrgentReviewRequest": {"reason": "to the hospital"},
    "UrgentReviewDecision": {"granted": True, "reason": "called back"},
}
"""The body of each request."""
ANSWERS: dict[str, dict[str, Any]] = {
    "DecisionProof": {
        "event_id": "5f0c5d2e-6a0e-5c1b-9a57-0c2f7f6f1c11",
        "type": "priority.denied.v1",
        "time": "2026-11-23T12:00:00Z",
        "stream": "vehicles:0199c3a2-7c1e-7d53-8f0a-5b6f2f3d4c5e",
        "rule": "priority.mission.v1",
        "reason": "it is not on a mission, says its enterprise",
        "equal": True,
        "unprovable": None,
        "inputs": {
            "evidence": {
                "eligible": True,
                "mission_active": False,
                "mission_age_ms": 42_000,
                "location_zone": "9qh1u",
                "location_age_ms": 8_000,
                "site_zone": "9qh1x",
                "level_permille": 350,
                "level_age_ms": 8_000,
            }
        },
        "recorded": "it is not on a mission, says its enterprise",
        "again": "it is not on a mission, says its enterprise",
    },
}
