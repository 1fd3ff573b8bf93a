"""The summary of a demo day in words, for the terminal and the page."""

from __future__ import annotations

from datetime import date

from services.demo.bounds import BOUNDS, Figures, failed

Paragraph = tuple[str, str]
"""A heading and its text."""

REAL = (
    "Arrivals, departures and energies are real: ACN-Data, the Caltech garage, March 2019. The site with its chargers, "
    "panels and limits is made for this demo, smaller than the real garage so that cars must queue. Batteries, charge "
    "levels, priority tiers, how drivers behave, the van and the ambulance are a synthetic overlay."
)


def verdict(figures: Figures) -> str:
    """Whether every bound held, with the names of those that did not."""
    lost = failed(figures)
    if not lost:
        return f"All {len(BOUNDS)} bounds held."
    named = " ".join(f"{bound.name} ({bound.figure}): {bound.shown(figures)}, must be {bound.must}." for bound in lost)
    return f"{len(lost)} of {len(BOUNDS)} bounds failed. {named}"


def title(figures: Figures) -> str:
    day = date.fromisoformat(figures["day"])
    return f"{day:%A}, {day.day} {day:%B %Y}"


def paragraphs(figures: Figures) -> list[Paragraph]:
    """The paragraphs: the day, the limit, the energy, priority, the proof, and what is real."""
    return [
        ("What happened", _day(figures)),
        ("The limit", _limit(figures)),
        ("The energy", _energy(figures)),
        ("Priority", _priority(figures)),
        ("The proof", _proof(figures)),
        ("What is real", _real(figures)),
    ]


def _real(figures: Figures) -> str:
    garages = figures["garages"]
    if garages == 1:
        return REAL
    return (
        f"{REAL} This site is {garages} such garages: each visit is there {garages} times, but for the "
        "recorded one with another car, which comes and goes up to an hour later."
    )


def _day(figures: Figures) -> str:
    cars, queued = _count(figures["sessions"], "car"), _count(figures["queued_max"], "car")
    offers, paused = _count(figures["offers"], "offer"), _count(figures["paused"], "car")
    return (
        f"A real day at the Caltech garage: {title(figures)}. {cars} came to a site of {figures['limit_kw']:g} kW, "
        f"which the utility lowered to {figures['noon_limit_kw']:g} kW from 12:00 to 16:00. At the busiest moment "
        f"{queued} waited in the queue. {offers} of a free charger went out, and {paused} had to pause after charging "
        "had begun, because there was not enough power for all."
    )


def _limit(figures: Figures) -> str:
    over_s, lag_s = figures["overload_s"], figures["cap_lag_s_max"]
    over = "Not for one second was the site" if over_s == 0 else f"For {_count(over_s, 'second')} the site was"
    lag = "already" if lag_s == 0 else f"after {lag_s:g} s"
    return (
        f"{over} over a limit of its own, of a panel or of a phase. This is what the simulated wires "
        f"carried, second by second, not what the platform believed. The highest load was {figures['peak_kw']:.1f} kW. "
        f"When the cap fell at noon, the load was under it {lag}."
    )


def _energy(figures: Figures) -> str:
    requested_kwh, delivered_kwh = figures["requested_kwh"], figures["delivered_kwh"]
    got = f"The cars asked for {requested_kwh:,.1f} kWh and got {delivered_kwh:,.1f} kWh"
    if requested_kwh:
        got += f", {100 * delivered_kwh / requested_kwh:.1f} % of it"
    pct = figures["energy_pct_of_bound"]
    if pct is None:
        return f"{got}. What perfect foresight could have done is unknown."
    return (
        f"{got}. Perfect foresight, with every car's plans known in advance and no rules to obey but the limits, could "
        f"have delivered at most {figures['offline_bound_kwh']:,.1f} kWh: the platform reached {pct:.1f} % of that."
    )


def _priority(figures: Figures) -> str:
    waits = "; ".join(
        f"{unit} {'had no power' if wait_s is None else f'had power {wait_s:g} s after it was plugged in'}"
        for unit, wait_s in (
            ("the ambulance (P0)", figures["p0_wait_s_max"]),
            ("the van (P1)", figures["p1_wait_s_max"]),
        )
    )
    text = (
        "A delivery van and an ambulance came after noon, on missions that their enterprises' own systems reported: "
        f"{waits}. Priority was granted {_count(figures['grants'], 'time')} and denied "
        f"{_count(figures['denials'], 'time')}."
    )
    because = figures["denied_because"]
    if because is None:
        return text
    return f"{text} A driver who claimed a mission for their own car was denied: {because}."


def _proof(figures: Figures) -> str:
    inputs, events = _count(figures["inputs"], "input"), _count(figures["events"], "event")
    written = f"{inputs} led to {events}, {figures['decisions']:,} of them decisions with their rule and reason."
    if figures.get("kills"):
        written = f"The server was killed {_count(figures['kills'], 'time')} (kill -9) and started again. {written}"
    if figures["replay_equal"] is True:
        return (
            f"{written} A fresh process decided everything again from the inputs alone: "
            "every event is equal, byte for byte."
        )
    output = figures["replay_said"].strip()
    return f"{written} A fresh process, given the inputs alone, did not come to the same events:\n{output}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
