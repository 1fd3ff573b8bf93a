"""Vehicle identification numbers of simulated cars (ISO 3779, with the North American check digit)."""

from __future__ import annotations

_VALUES = {str(digit): digit for digit in range(10)} | dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)
)
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def vin(number: int) -> str:
    """The VIN of the simulated car with this number (0 to 999,999)."""
    blank = f"5CWSM0000TA{number:06}"
    blank = f"{blank[:8]}0{blank[9:]}"
    remainder = sum(_VALUES[sign] * weight for sign, weight in zip(blank, _WEIGHTS, strict=True)) % 11
    return f"{blank[:8]}{'X' if remainder == 10 else remainder}{blank[9:]}"
