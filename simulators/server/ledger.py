"""The ledger of what the server acknowledged, to be compared with its log afterwards."""

from __future__ import annotations

from collections import Counter
from typing import Any

Entry = dict[str, Any]
_IDS = ("id", "cap_id", "command_id", "charger_id")


class Ledger:
    """Append-only: an entry is made when the answer has arrived, so a request without an answer leaves none."""

    def __init__(self) -> None:
        self._commands: list[Entry] = []
        self._starts: list[Entry] = []
        self._stops: list[Entry] = []
        self._meter_values: Counter[str] = Counter()

    def command(self, method: str, path: str, key: str, status: int, answer: Any) -> None:
        """Record the answer to a REST command; `path` without the version's prefix, `key` the Idempotency-Key."""
        id_ = next((answer[name] for name in _IDS if name in answer), None)
        self._commands.append({"method": method, "path": path, "key": key, "status": status, "id": id_})

    def message(self, charger_id: str, action: str, fields: Entry, answer: Entry) -> None:
        """Record the answer to a charger's call, if it concerns a transaction or a meter value."""
        if action == "MeterValues":
            self._meter_values[charger_id] += 1
        elif action == "StartTransaction":
            self._starts.append(
                {
                    "charger": charger_id,
                    "transaction": answer["transactionId"],
                    "status": answer["idTagInfo"]["status"],
                    "meter_wh": fields["meterStart"],
                    "at": fields["timestamp"],
                }
            )
        elif action == "StopTransaction":
            self._stops.append(
                {
                    "charger": charger_id,
                    "transaction": fields["transactionId"],
                    "meter_wh": fields["meterStop"],
                    "at": fields["timestamp"],
                }
            )

    def to_json(self) -> dict[str, Any]:
        """The ledger as part of the measurements; meter values are counted per charger."""
        return {
            "commands": self._commands,
            "starts": self._starts,
            "stops": self._stops,
            "meter_values": dict(self._meter_values),
        }
