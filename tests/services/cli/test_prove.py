"""`prove EVENT`: the rule of a recorded decision is called again, and the exit code says what came of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import orjson
from typer.testing import CliRunner, Result

from adapters.log.sqlite.log import SqliteLog
from commands.log.codec import canonical, encode
from commands.log.topics import EVENTS
from commands.ports.log import Entry
from domain.records import Payload, input_record
from domain.records.sites import Fairness, ScheduleChanged, SessionOffered, SiteChargerAdded, Standing, StartDenied
from domain.records.upcasters import UPCASTERS
from domain.site import admission, offers
from services.cli.app import app
from tests.domain.test_proof import a_story

NOW_MS = 1_790_000_000_000
STREAM = "sites:garage"


def standing(session_id: str, score_ppm: int) -> Standing:
    fairness = Fairness(score_ppm=score_ppm, energy_ppm=0, waiting_ppm=0, slack_ppm=0)
    return Standing(session_id=session_id, tier=2, fairness=fairness, queued_ms=NOW_MS)


def an_offer(session_id: str = "s1") -> SessionOffered:
    """To s1, which has the highest score, unless somebody forged it."""
    return SessionOffered(
        session_id=session_id,
        charger_id="c1",
        held_until_ms=NOW_MS,
        rule=offers.RULE,
        reason="first of 2 in the queue",
        facts=(standing("s1", 900_000), standing("s2", 100_000)),
    )


def a_schedule() -> tuple[list[SiteChargerAdded], ScheduleChanged]:
    decisions, outlets = a_story()
    schedule = next(one for one in decisions if isinstance(one, ScheduleChanged) and len(one.claimants) > 1)
    added = [
        SiteChargerAdded(
            charger_id=one.id,
            node=one.node,
            phases=one.phases,
            max_ma=one.max_ma,
            min_ma=one.min_ma,
            voltage_mv=one.voltage_mv,
        )
        for one in outlets.values()
    ]
    return added, schedule


def recorded(folder: Path, *payloads: Payload, stream: str = STREAM) -> None:
    """A log with these events, whose ids are e0, e1, ..."""
    written(folder, *(encode(event(f"e{number}", payload, stream)) for number, payload in enumerate(payloads)))


def event(event_id: str, payload: Payload, stream: str = STREAM):
    return input_record(event_id, "/processors/sites", stream, NOW_MS, payload, actor="t")


def written(folder: Path, *bodies: bytes) -> None:
    async def write() -> None:
        log = SqliteLog.open(folder)
        await log.append(EVENTS, [Entry(STREAM, body) for body in bodies])
        await log.close()

    asyncio.run(write())


def prove(event_id: str, folder: Path) -> Result:
    return CliRunner().invoke(app, ["prove", event_id, "--data", str(folder)], catch_exceptions=False)


def test_a_decision_that_holds_is_shown_with_its_rule_its_inputs_and_both_outcomes(tmp_path):
    recorded(tmp_path, an_offer())
    done = prove("e0", tmp_path)
    assert done.exit_code == 0
    heading, rule, inputs, was, again, verdict = done.stdout.splitlines()
    assert heading.split() == ["event", "e0", "session.offered.v1", "of", STREAM, "at", "2026-09-21T14:13:20.000Z"]
    assert rule.split() == ["rule", offers.RULE]
    name, _, value = inputs.partition(" ")
    assert name == "inputs"
    assert [one["session_id"] for one in orjson.loads(value)["facts"]] == ["s1", "s2"]
    assert (was.split(), again.split()) == (["recorded", '"s1"'], ["again", '"s1"'])
    assert verdict == "proof: equal"


def test_a_forged_decision_is_different(tmp_path):
    recorded(tmp_path, an_offer(), an_offer("s2"))
    done = prove("e1", tmp_path)
    assert done.exit_code == 1
    assert done.stdout.splitlines()[-3:] == ['recorded  "s2"', 'again     "s1"', "proof: DIFFERENT"]


def test_a_schedule_is_proved_with_the_chargers_that_its_site_had(tmp_path):
    added, schedule = a_schedule()
    recorded(tmp_path, *added, schedule)
    assert prove(f"e{len(added)}", tmp_path).exit_code == 0


def test_the_chargers_of_other_sites_are_not_taken_for_those_of_this_one(tmp_path):
    added, schedule = a_schedule()
    elsewhere = [encode(event(f"e{number}", one, "sites:elsewhere")) for number, one in enumerate(added)]
    written(tmp_path, *elsewhere, encode(event("schedule", schedule)))
    done = prove("schedule", tmp_path)
    assert done.exit_code == 2
    assert "the site has no charger" in done.stderr


def test_a_decision_of_an_old_version_is_proved_as_the_present_version_of_its_type(tmp_path, monkeypatch):
    def renamed(data: dict[str, Any]) -> dict[str, Any]:
        return {"facts" if name == "standings" else name: value for name, value in data.items()}

    monkeypatch.setitem(UPCASTERS, "session.offered.v0", renamed)
    data = orjson.loads(canonical(an_offer()))
    data["standings"] = data.pop("facts")
    stored = orjson.loads(encode(event("old", an_offer())))
    written(tmp_path, canonical({**stored, "type": "session.offered.v0", "data": data}))
    done = prove("old", tmp_path)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "session.offered.v1" in done.stdout


def test_an_event_that_holds_no_decision_proves_nothing(tmp_path):
    added, _ = a_schedule()
    recorded(tmp_path, added[0])
    done = prove("e0", tmp_path)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "the event e0 of type sites.charger_added.v1 holds no decision" in done.stderr


def test_a_rule_that_cannot_be_called_again_is_named(tmp_path):
    recorded(
        tmp_path, StartDenied(charger_id="c1", request_id="r", rule=admission.RULE, reason="the charger is in use")
    )
    done = prove("e0", tmp_path)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"the rule {admission.RULE} can't be called again yet" in done.stderr


def test_an_id_that_no_event_has_is_said_so(tmp_path):
    recorded(tmp_path, an_offer())
    done = prove("nowhere", tmp_path)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "there is no event nowhere on this log" in done.stderr


def test_a_folder_without_a_log_proves_nothing(tmp_path):
    done = prove("e0", tmp_path)
    assert done.exit_code == 2
    assert "there is no log" in done.stderr
