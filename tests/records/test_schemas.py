"""The schemas in schemas/ are those of the record types, hold for every record, and stay compatible."""

import ast
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from commands.log import codec
from domain.records import TYPES, Record, input_record
from services.cli import app, schemas
from tests.examples import examples
from tests.records import committed
from tests.records.samples import samples
from tests.records.schema_compatibility import incompatible_changes

ENVELOPE = Draft202012Validator(schemas.generated()["envelope"])
COMMITS = dict(zip(("the last commit", "the commit before it"), committed.last_commits(), strict=False))


def test_the_folder_holds_what_is_generated() -> None:
    differing = schemas.differences(schemas.FOLDER)

    assert not differing, f"run ./commonwatt schemas and commit what it writes: {differing}"


def test_every_record_type_has_a_schema_that_names_it() -> None:
    generated = schemas.generated()

    assert generated.keys() == {*TYPES, "envelope"}
    for name, schema in generated.items():
        Draft202012Validator.check_schema(schema)
        assert schema["$id"] == name
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_a_schema_tells_what_the_source_tells() -> None:
    schema = schemas.generated()["registry.register_charger.v1"]

    assert schema["title"] == "RegisterCharger"
    assert schema["properties"]["phases"]["description"] == "Indices of the site's phases: 0 is L1."
    assert (
        schemas.generated()["session.occupying.v1"]["description"]
        == "The session is over but its car is still plugged in; `wanted`: a driver waits for the charger."
    )


@pytest.mark.parametrize("version", ["the folder", *COMMITS])
def test_records_written_under_earlier_schemas_can_still_be_read(version: str) -> None:
    earlier = committed.at_commit(COMMITS[version]) if version in COMMITS else committed.in_folder()
    history = schemas.history(schemas.FOLDER)
    breaking = incompatible_changes(earlier, schemas.generated() | history)
    rewritten = incompatible_changes(history, {name: earlier.get(name, history[name]) for name in history})
    breaking += [f"history was rewritten: {change}" for change in rewritten]

    assert not breaking, "\n".join(
        [
            f"Records stored under the schemas of {version} could no longer be read:",
            *breaking,
            "Make it a new type (.v2), with an upcaster in domain/records/upcasters.py.",
        ]
    )


@pytest.mark.parametrize("name", TYPES)
@settings(max_examples=examples(15), deadline=None)
@given(st.data())
def test_what_a_schema_allows_is_read_and_written_back(name: str, data: st.DataObject) -> None:
    schema = schemas.generated()[name]
    sample = data.draw(samples(schema, schema.get("$defs", {})))
    record = input_record("id", "test", "stream", 1, TYPES[name].model_validate(sample), actor="tester")

    stored = codec.encode(record)

    assert codec.decode(stored) == record
    assert codec.encode(codec.decode(stored)) == stored
    ENVELOPE.validate(orjson.loads(stored))
    Draft202012Validator(schema).validate(sample)
    Draft202012Validator(schema).validate(orjson.loads(stored)["data"])


def test_the_envelope_names_every_attribute_of_a_stored_record() -> None:
    record = input_record("id", "test", "stream", 1, TYPES["stream.unparked.v1"](), actor="tester")
    stored = orjson.loads(codec.encode(record._replace(sequence=7)))

    assert stored.keys() == ENVELOPE.schema["properties"].keys() == set(Record._fields)
    assert not ENVELOPE.is_valid({**stored, "more": 1})
    assert not ENVELOPE.is_valid({**stored, "time": "2019-03-08"})


def test_writing_brings_a_folder_up_to_date(tmp_path: Path) -> None:
    schemas.write(tmp_path)
    (tmp_path / "timer.due.v1.json").unlink()
    (tmp_path / "timer.set.v1.json").write_text("{}")
    (tmp_path / "gone.v1.json").write_text("{}")
    (tmp_path / "openapi.json").write_text("{}")

    assert schemas.differences(tmp_path) == {
        "gone.v1.json": "is not generated any more",
        "openapi.json": "differs",
        "timer.due.v1.json": "is missing",
        "timer.set.v1.json": "differs",
    }
    assert schemas.write(tmp_path).keys() == {"gone.v1.json", "openapi.json", "timer.due.v1.json", "timer.set.v1.json"}
    assert schemas.differences(tmp_path) == {}


def test_files_are_canonical(tmp_path: Path) -> None:
    text = schemas.rendered()["timer.due.v1.json"]

    assert text.endswith("}\n")
    assert text.splitlines()[1] == '  "$id": "timer.due.v1",'
    assert list(orjson.loads(text)) == sorted(orjson.loads(text))


def test_the_command_checks_and_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "FOLDER", tmp_path)
    run = CliRunner().invoke

    before = run(app.app, ["schemas", "--check"])
    wrote = run(app.app, ["schemas"])
    after = run(app.app, ["schemas", "--check"])

    assert before.exit_code == 1
    assert "schemas/envelope.json is missing" in before.stderr
    assert "./commonwatt schemas" in before.stderr
    assert wrote.output == f"schemas/: {len(TYPES) + 3} changed\n"
    assert (after.exit_code, after.output) == (0, "")


def test_the_command_line_stays_quick_to_import() -> None:
    source = Path(schemas.__file__).read_text()
    at_once = [node for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {getattr(node, "module", None) or alias.name for node in at_once for alias in node.names}

    assert not {name for name in names if name.split(".")[0] in {"api", "domain", "commands", "fastapi", "pydantic"}}
