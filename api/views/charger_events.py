"""What happened at an outlet, in words."""

from __future__ import annotations

from typing import Any

from commands.alarm_words import WORDS
from commands.for_people import for_people
from commands.quantities import rfc3339
from domain.electrical.clock import described
from domain.records import TYPES, Payload, load, sites
from domain.records.words import StopReason
from projections.projection import Row

BY_OPERATORS = frozenset(
    payload.type_name
    for payload in (
        load.CommandRequested,
        load.TransactionStopped,
        load.TrustedAgain,
        sites.ChargerReleased,
        sites.SessionEnded,
        sites.SessionRequeued,
    )
)
"""The types of events that may follow from an operator's request, whose reason is in the vault."""
STOPS: dict[StopReason, str] = {
    "stop_lost": "its stop was lost, and its connector's status showed that it is over",
    "superseded": "its stop was lost, and another car began there",
    "restarted": "its charger began another transaction for the same car",
    "closed_by_operator": "an operator closed it",
    "local": "it was ended at the charger",
    "remote": "it was ended from here",
    "ev_disconnected": "the car was unplugged",
    "unlock_command": "the connector was unlocked",
    "de_authorized": "its card is not valid",
    "emergency_stop": "the emergency stop was pressed",
    "power_loss": "the charger lost its power",
    "power_quality": "its power supply was poor",
    "ground_fault": "the charger measured a ground fault",
    "overcurrent_fault": "the charger measured too much current",
    "hard_reset": "the charger was reset",
    "soft_reset": "the charger was reset",
    "immediate_reset": "the charger was reset",
    "reboot": "the charger restarted",
    "energy_limit_reached": "the energy that was asked for was reached",
    "time_limit_reached": "its time was over",
    "soc_limit_reached": "the battery level that was asked for was reached",
    "stopped_by_ev": "the car ended it",
    "local_out_of_credit": "the charger's own credit was used up",
    "master_pass": "a master card ended it",
    "timeout": "no car was plugged in in time",
    "other": "the charger gave no known reason",
}
ENDS: dict[sites.EndReason, str] = {
    "target_reached": "its target was reached",
    "unplugged": "the car was unplugged",
    "time_up": "its time was up",
    "no_show": "the car did not come",
    "fault": "the charger failed",
    "cancelled": "its driver ended it",
    "remote": "it was stopped remotely",
    "refused": "the charger refused it",
    "stop_lost": "its stop was lost",
    "operator": "an operator ended it",
}
QUANTITIES = {"current": ("a current of", "mA"), "power": ("a power of", "W"), "energy": ("a register of", "Wh")}
TONES = {
    load.AlarmRaised: "bad",
    load.ObedienceVoided: "bad",
    load.RatingExceeded: "bad",
    load.ReadingRefused: "warn",
    load.TransactionQuarantined: "warn",
    sites.StartDenied: "warn",
    sites.ResumeFailed: "warn",
    sites.ResumeWithheld: "warn",
    load.AlarmCleared: "good",
    load.ObedienceProven: "good",
    load.RatingKept: "good",
    load.TrustedAgain: "good",
}


def event_view(row: Row, note: str | None) -> dict[str, Any]:
    """An event about an outlet; `note`: the reason that an operator gave."""
    event = TYPES[row["type"]].model_validate(row["data"])
    answer = row["answer"]
    return {
        "id": row["id"],
        "time": rfc3339(row["time_ms"]),
        "type": row["type"],
        "tone": TONES.get(type(event), "plain"),
        "text": told(event) + (f"; it answered {answer.replace('_', ' ')}" if answer else ""),
        "note": note,
    }


def told(event: Payload) -> str:
    """An event in words. Raises `KeyError` for a type that is not about an outlet."""
    return for_people(_told(event))


def _told(event: Payload) -> str:
    match event:
        case load.ChargerConnected():
            return "It connected"
        case load.ChargerDisconnected():
            return f"Its connection ended: {_line_end(event.reason)}"
        case load.ChargerBooted():
            return f"It booted: {event.vendor} {event.model} {event.firmware}".rstrip()
        case load.TransactionStarted():
            began = f"Transaction {event.transaction_id} began at {event.meter_start_wh} Wh"
            return began if event.permitted or event.commissioning else f"{began}, without a permit: it gets no current"
        case load.TransactionStopped():
            energy = _energy(event.energy_wh, event.estimated)
            return f"Transaction {event.transaction_id} ended with {energy}: {STOPS[event.reason]}"
        case load.TransactionStopCorrected():
            energy = _energy(event.energy_wh, event.estimated)
            return f"The lost stop of transaction {event.transaction_id} came: its energy is {energy}"
        case load.TransactionQuarantined():
            which = f"a stop of transaction {event.transaction_id}" if event.transaction_id else "a stop"
            return f"It sent {which}, which counts nowhere: {event.reason}"
        case load.ReadingRefused():
            words, unit = QUANTITIES[event.quantity]
            effect = "energy is estimated from here on" if event.estimated else "it was not believed"
            return f"It sent {words} {event.value} {unit}, and {effect}: {event.reason}"
        case load.WattsDivided():
            how = "divides a limit in W by its phases" if event.divided else "may put a whole limit in W on one phase"
            return f"It {how}: {event.measured_ma} mA at a limit of {event.limit_ma} mA"
        case load.ClockLearnt():
            return "What its clock shows is unknown since it booted" if event.offset_ms is None else _clock(event)
        case load.CommissioningOpened():
            return f"A commissioning test with {event.test_load_ma} mA was opened"
        case load.ObedienceProven():
            fell = f"from {event.before_ma} mA to {event.measured_ma} mA"
            return f"It has proven that it follows limits: it fell {fell} at a limit of {event.limit_ma} mA"
        case load.ObedienceVoided():
            measured = f"{event.measured_ma} mA at a limit of {event.limit_ma} mA"
            return f"Its proof is void: {event.reason} ({measured})" if event.measured_ma else _void(event)
        case load.TrustedAgain():
            return f"It gets current again and must prove itself anew: {event.reason}"
        case load.RatingExceeded():
            measured = f"{event.measured_ma} mA was measured"
            return f"It gets no current: {measured}, and its outlet is rated {event.rated_ma} mA"
        case load.RatingKept():
            return "What is measured is possible again: it gets current"
        case load.CommandRequested():
            return f"The command {event.action.replace('_', ' ')} was sent"
        case load.AlarmRaised():
            return f"Alarm: {_title(event.code)}. {event.detail[:1].upper()}{event.detail[1:]}"
        case load.AlarmCleared():
            return f"Over: {_title(event.code)}"
        case sites.StartDenied():
            return f"A start was denied: {event.reason}"
        case sites.SessionRequeued():
            return f"The session that it was held for waits again: {event.reason}"
        case sites.SessionInterrupted():
            return f"The session is paused with its car plugged in: {event.reason}"
        case sites.ResumeFailed():
            return f"There is current for the paused session, but {event.reason}: its driver was notified"
        case sites.ResumeWithheld():
            return f"The paused session waits for its own card, since {event.reason}: its driver was notified"
        case sites.SessionEnded():
            return f"The session ended with {_energy(event.energy_wh, event.estimated)}: {ENDS[event.reason]}"
        case sites.ChargerReleased():
            return "The outlet is free again of the car that had stayed"
    raise KeyError(event.type_name)


def _line_end(reason: str) -> str:
    """A WebSocket ends with a number (RFC 6455, 7.4), or without one."""
    return f"close code {reason}" if reason.isdigit() else reason


def _void(event: load.ObedienceVoided) -> str:
    return f"Its proof is void: {event.reason}"


def _clock(event: load.ClockLearnt) -> str:
    assert event.offset_ms is not None
    words = described(event.offset_ms)
    return words[:1].upper() + words[1:]


def _title(code: str) -> str:
    title = WORDS[code].title
    return title[:1].lower() + title[1:]


def _energy(energy_wh: int, estimated: bool) -> str:
    return f"{energy_wh / 1000:.3f} kWh{', estimated' if estimated else ''}"
