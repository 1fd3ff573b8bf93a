"""A mix of charger characters, as `obedient=60,liar=5`: so many of each, in an order that follows from the seed."""

from __future__ import annotations

from random import Random

from simulators.charger.personality import BEHAVIOURS, Personality, personality

OBEDIENT = "obedient"
NAMES = (OBEDIENT, *(name for name in BEHAVIOURS if name != "compliant"))


def characters(mix: str, chargers: int, seed: int) -> tuple[Personality, ...]:
    """The characters of so many chargers. Raises `ValueError`, naming what is wrong with the mix."""
    weights = dict(_part(part) for part in mix.split(","))
    total = sum(weights.values())
    if total <= 0:
        raise ValueError("at least one weight must be above 0")
    drawn: list[str] = []
    for name, weight in weights.items():
        drawn += [name] * round(chargers * weight / total)
    heaviest = max(weights, key=lambda name: weights[name])
    drawn = (drawn + [heaviest] * chargers)[:chargers]
    Random(f"{seed} mix").shuffle(drawn)
    return tuple(personality() if name == OBEDIENT else personality(name) for name in drawn)


def _part(part: str) -> tuple[str, float]:
    name, _, weight = part.strip().partition("=")
    if name not in NAMES:
        raise ValueError(f"{name!r} is none of {', '.join(NAMES)}")
    try:
        return name, float(weight or 1)
    except ValueError:
        raise ValueError(f"{name}: the weight must be a number, not {weight!r}") from None
