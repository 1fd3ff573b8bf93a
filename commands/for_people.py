"""Reasons of rules as people read them: quantities in A, kW, % and s, and no words of ours with underscores.

The log has the reasons as the rules wrote them, those of earlier builds too.
"""

from __future__ import annotations

import re

from domain.records.words import STATUS_WORDS

LARGER = {"mA": "A", "W": "kW", "Wh": "kWh", "ms": "s"}
SHARES = {"ppm": 10_000, "permille": 10}
QUANTITY = re.compile(r"\b(\d+) (mA|Wh|W|ms|ppm|permille)\b")
STATUS = re.compile(rf"\b(?:the charger is|charger|it reports) ({'|'.join(w for w in STATUS_WORDS if '_' in w)})\b")


def for_people(text: str) -> str:
    """`13000 mA` as `13 A`, `300000 W` as `300 kW`, `564532 ppm` as `56 %`, `20000 ms` as `20 s`."""
    return QUANTITY.sub(_quantity, STATUS.sub(lambda found: STATUS_WORDS[found[1]], text))


def _quantity(found: re.Match[str]) -> str:
    value, unit = int(found[1]), found[2]
    if unit in SHARES:
        return f"{round(value / SHARES[unit])} %"
    return f"{value / 1000:.10g} {LARGER[unit]}" if unit in ("mA", "ms") or value >= 1000 else found[0]
