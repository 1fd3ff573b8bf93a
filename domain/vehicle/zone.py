"""Location zones: where something is, roughly, so that no position enters the log. A geohash of five characters.

Geohash (Niemeyer, 2008; public domain): halves of longitude and latitude by turns, five bits a character. Five
characters are a cell of 0.044° by 0.044°: at most 4.9 km a side.
"""

from __future__ import annotations

ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz"
LENGTH = 5
BITS = 5 * LENGTH
LONGITUDE_BITS = (BITS + 1) // 2
LATITUDE_BITS = BITS // 2


def zone_of(latitude_deg: float, longitude_deg: float) -> str:
    """The zone of a position (WGS 84). Raises `ValueError` outside ±90° and ±180°."""
    if not -90 <= latitude_deg <= 90:
        raise ValueError("a latitude lies in -90° to 90°")
    if not -180 <= longitude_deg <= 180:
        raise ValueError("a longitude lies in -180° to 180°")
    row = _cell(latitude_deg + 90, 180, LATITUDE_BITS)
    column = _cell(longitude_deg + 180, 360, LONGITUDE_BITS)
    code = 0
    for bit in range(BITS):
        from_longitude = bit % 2 == 0
        source, left = (
            (column, LONGITUDE_BITS - bit // 2 - 1) if from_longitude else (row, LATITUDE_BITS - bit // 2 - 1)
        )
        code = code << 1 | source >> left & 1
    return "".join(ALPHABET[code >> 5 * (LENGTH - 1 - place) & 31] for place in range(LENGTH))


def _cell(offset_deg: float, whole_deg: int, bits: int) -> int:
    cells = 1 << bits
    return min(cells - 1, int(offset_deg * cells / whole_deg))


def is_near(one: str | None, other: str | None) -> bool:
    """Whether two zones are the same or touch. Zones of another make are near only where they are the same.

    Unknown is near nothing.
    """
    if one is None or other is None:
        return False
    if one == other:
        return True
    here, there = _row_and_column(one), _row_and_column(other)
    if here is None or there is None:
        return False
    across = abs(here[1] - there[1])
    columns = 1 << LONGITUDE_BITS
    return abs(here[0] - there[0]) <= 1 and min(across, columns - across) <= 1


def is_cell(zone: str) -> bool:
    """Whether a zone is a geohash of five characters."""
    return _row_and_column(zone) is not None


def _row_and_column(zone: str) -> tuple[int, int] | None:
    """Of a geohash; None where it is none."""
    if len(zone) != LENGTH or any(character not in ALPHABET for character in zone):
        return None
    code = 0
    for character in zone:
        code = code << 5 | ALPHABET.index(character)
    row = column = 0
    for bit in range(BITS):
        value = code >> BITS - 1 - bit & 1
        if bit % 2 == 0:
            column = column << 1 | value
        else:
            row = row << 1 | value
    return row, column
