"""The parameters of the safety kernel, each with its reason."""

from __future__ import annotations

PROMISE_MS = 60_000
"""A lower cap holds after this. An answer, the car's 5 s and a meter value take some 8 s; this leaves time for the
planner's 10 s, for a message that was lost, and for the others to be cut in place of a charger that does not answer."""

PLANNER_GRACE_MS = 10_000
"""How long `sites` may take to bring its targets below a lower limit before the kernel cuts by itself."""

ESCALATE_MS = 25_000
"""When transactions that can't be lowered are asked to stop: the planner's grace and a confirmation have passed, and
more than half of the promise is left."""

PATIENCE_MS = 15_000
"""How long a decrease may take to be confirmed before others are cut in its place: an answer and the car's 5 s, and
the same again with a lost meter value."""

LAST_RESORT_MS = 45_000
"""From here on nothing counts but what is confirmed: what is cut now is in force within the promise."""

LEASE_MS = 600_000
"""How long a limit is valid without renewal: outages of minutes pass unnoticed by the cars."""

LAPSE_MARGIN_MS = 60_000
"""A charger's clock may be this far off ours, so a lease may end this much later than requested."""

SETTLE_MS = 5_000
"""IEC 61851-1: a car must follow a lower pilot within 5 s; a meter value from before proves nothing."""

CONFIRM_MS = 6_000
"""When a meter value is asked for after an accepted decrease: just after the car had to settle."""

TRIGGER_MS = 10_000
"""How often it is asked for again."""

UNCONFIRMED_ALARM_MS = 180_000
"""A decrease that nobody confirmed for this long is for people to look at."""

METER_TOLERANCE_MA = 300
METER_TOLERANCE_PERMILLE = 20
"""A class B meter may be 1 % off and the pilot another 1 %; near 6 A their steps of 0.1 to 0.3 A dominate."""

LOW_VOLTAGE_PERMILLE = 900
"""EN 50160: the voltage may be so low, and the same power is more current."""

IDLE_MA = 500
"""Less than this without a transaction is the charger's own consumption or noise."""

IDLE_READING_MS = 600_000
"""Without a transaction most chargers send no meter values, so a single one must not count for ever."""

PERMIT_MS = 60_000
"""How long room is reserved for a start: OCPP's default ConnectionTimeOut, the time to plug in."""

START_DELAY_MS = 60_000
"""How late the message of a start may be: the car may draw already while its StartTransaction is repeated."""

QUEUE_MS = 60_000
"""How long after a reconnect a charger may still have a start in its queue that happened while it was offline."""

PERMIT_WAIT_MS = 20_000
"""How long a start waits for room: the planner's grace, and a cut with its confirmation. The gateway waits some seconds
longer for the decision, so that no room is always an answer; chargers give up on Authorize after 30 s."""

AFFIRM_MS = 600_000
"""A second impossible current within this time affirms the first."""

TRUST_AGAIN_MS = 5_000
"""Possible readings for so long, at least two, end what an impossible current led to."""

REFUSED_EVENT_MS = 600_000
"""Readings that are refused are recorded at most so often for each charger and quantity."""

LOST_STOP_MS = 60_000
"""How long a connector's status may contradict its transaction before this ends by it: a stop that waited for the same
line comes within seconds."""

STATUS_MS = 240_000
"""How often a status that may be out of date is requested: a lost one keeps an outlet out of service for minutes."""

ROOM_MS = 120_000
"""How long the room for a start that was refused is made and left for another try, where another connector of the
charger charges: while a card waits for its answer, no meter value comes that confirms that this one was lowered."""

STEP_MA = 1_000
"""The least raise that is worth a message where the whole one does not fit; grants are in whole amps."""

NON_COMPLIANCE_MS = 20_000
"""How long a charger may measure above what it accepted, over at least two samples: four times the car's 5 s."""

OBEYED_MS = 300_000
OBEYED_LONGEST_MS = 3_600_000
RELAPSE_MS = 24 * 3_600_000
"""How long a charger that exceeded its limit must keep to it before it gets current and is probed again: 5 minutes, and
twice as long after each relapse within a day, at most an hour."""

VERIFICATION_STEP_MA = 1_000
"""The least decrease that verifies compliance: well above what meters and cars vary by themselves."""

VERIFICATION_BAND_MA = 2_000
"""A car that wants more stays this close below its limit; one that fell further may have stopped by itself."""

PROBE_PERMILLE = 750
"""What an unverified charger is lowered to, of what it draws: a fall by a quarter is no taper within seconds."""

PROBE_MS = 60_000
"""How long a probe may take before the targets count again."""

PROBE_PAUSE_MS = 300_000
"""How long after an unclear probe the next one follows."""

BACKOFF_MS = 5_000
BACKOFF_LONGEST_MS = 160_000
"""A limit that was refused or not answered is asked for again after 5 s, 10 s, 20 s ... so that a refusal does not
become a storm, and two losses still fit into the promise."""

NO_ANSWER_MS = 45_000
"""After this even the gateway's own time-out (30 s) has been lost: it counts as one."""

REFUSED_ALARM = 3
"""Failures in a row of one limit before people are called."""

FAILSAFE_DOUBT_MS = 60_000
"""How long after a boot a fail-safe limit, accepted before, may take to be accepted again."""

TICK_MS = 30_000
"""How often a site with transactions looks at everything again."""

STALE_METER_MS = 90_000
"""A charger in a transaction that was silent for longer is asked for meter values."""

SILENT_METER_MS = 300_000
"""... and after this people are called."""

MAX_LIMIT_W = 1_000_000_000
MAX_CAPS = 256
MAX_COMMISSIONING_MS = 7 * 24 * 3_600_000
MAX_CONNECTOR = 64
REMEMBERED_STARTS = 16
"""Starts of a charger among which a repeat is recognised; more can't wait in an outage's queue of one outlet."""
REMEMBERED_ENDS = 32
REMEMBERED_LOST_STOPS = 8
REMEMBERED_RELAPSES = 8
POSSIBLE_LIMITS = 8
"""Limits of a charger that are stored apart while unconfirmed; further ones are merged into the higher of two."""


def tolerance_ma(limit_ma: int) -> int:
    """By how much a reading may exceed a limit that is followed."""
    return max(METER_TOLERANCE_MA, limit_ma * METER_TOLERANCE_PERMILLE // 1000)


def next_tick_ms(now_ms: int) -> int:
    return (now_ms // TICK_MS + 1) * TICK_MS
