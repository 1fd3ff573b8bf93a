"""The alarms in words: what is amiss, and what an operator can do."""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    """What an alarm is about, and what an operator can do."""

    title: str
    advice: str


OF_SITES = {
    "cap_not_guaranteed": Words(
        "A grid limit can't be guaranteed",
        "It is kept as well as possible. Lower what cut-off chargers are held to, or switch off chargers that take no "
        "limits; it ends with the limit.",
    ),
    "overload": Words(
        "The chargers may draw more than a limit",
        "They are being lowered. Look at the site's load and its open alarms; switch off a charger that takes no "
        "limits.",
    ),
}
"""Alarms about a whole site."""
OF_OUTLETS = {
    "clock_off": Words(
        "Its clock is off",
        "Nothing is urgent: its times are corrected. Set the charger's clock, or its time zone, by its own settings.",
    ),
    "disobedient": Words(
        "It draws more than it accepted",
        "It gets no current. Once it has kept to that for 5 minutes (after relapses within a day longer, at most an "
        "hour) it is tried again by itself. If you have found the reason, let it prove itself anew; if it still draws, "
        "switch it off.",
    ),
    "end_unconfirmed": Words(
        "It may still draw current",
        "Its last current counts until a meter value shows 0 A. Look whether a car is charging; reset the charger, or "
        "switch it off.",
    ),
    "faulted": Words(
        "It is out of order",
        "Nobody is sent there while it reports a fault. Look at it, or reset it; after an hour without one this ends.",
    ),
    "idle_current": Words(
        "It draws current without a transaction",
        "That current counts. Look at the outlet; reset the charger, or switch it off.",
    ),
    "impossible_current": Words(
        "It reports a current that its outlet can't carry",
        "Compare its meter and the rating that is registered. Where the reading is true, switch the outlet off; where "
        "the cause is found, let it prove itself anew.",
    ),
    "limit_refused": Words(
        "It refuses limits",
        "It counts at what it may draw without them. Look at its settings for smart charging; reset it, or update it.",
    ),
    "meter_silent": Words(
        "It sends no meter values",
        "It counts at its limit. Look at its settings for meter values; reset it.",
    ),
    "no_power": Words(
        "What it draws can't be seen",
        "Set it to report Current.Import or Power.Active.Import.",
    ),
    "no_room_to_prove": Words(
        "There is no room to prove how it divides its limits",
        "It takes limits in W only. Commission it with a one-phase car while little else charges.",
    ),
    "reading_refused": Words(
        "Its readings are not believed",
        "Nobody is charged for them and no limit is judged by them. Look at its meter and at what it is set to report.",
    ),
    "shed": Words(
        "It was asked to stop",
        "The site's limit left no room for it. It may start again once there is room, or once it has proven that it "
        "follows limits.",
    ),
    "signed_values": Words(
        "It sends too many signed values",
        "Those of a begin and an end are stored for bills. Set it to sign each of them once.",
    ),
    "start_not_permitted": Words(
        "A transaction runs that was not permitted",
        "It gets no current. Close the transaction once the car has gone; set the charger to ask before it starts.",
    ),
    "status_contradicts": Words(
        "Its status and its transaction contradict each other",
        "Look whether a car is charging. Where none is, close the transaction.",
    ),
    "stop_lost": Words(
        "The end of a transaction was lost",
        "Nothing is urgent: the outlet is free, and the energy is that of the last reading until the stop comes.",
    ),
    "two_transactions": Words(
        "Two transactions run at one outlet",
        "It counts at its maximum. Close the one that is over.",
    ),
    "unconfirmed": Words(
        "A lower limit is not confirmed",
        "The higher one counts until a meter value confirms the lower. Look whether it sends meter values; reset it.",
    ),
}
"""Alarms about an outlet."""
WORDS = OF_SITES | OF_OUTLETS
