"""`./commonwatt schemas`: records as JSON Schema, topics as AsyncAPI, the REST API as OpenAPI, for their users."""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from services.base import version

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "schemas"
OPENAPI = "openapi"
ASYNCAPI = "asyncapi"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

CHECK = Annotated[bool, typer.Option("--check", help="Write nothing; exit with 1 if a file is out of date.")]


def schemas(check: CHECK = False) -> None:
    """Write the JSON Schema of every record type and of its envelope, the AsyncAPI and the OpenAPI into schemas/."""
    if not check:
        changed = write(FOLDER)
        typer.echo(f"schemas/: {len(changed)} changed" if changed else "schemas/: nothing changed")
        return
    differing = differences(FOLDER)
    for name, how in differing.items():
        typer.echo(f"schemas/{name} {how}", err=True)
    if differing:
        typer.echo("Run ./commonwatt schemas and commit what it writes.", err=True)
        raise typer.Exit(1)


def write(folder: Path) -> dict[str, str]:
    """Bring the folder up to date; file name -> how it differed before."""
    folder.mkdir(exist_ok=True)
    changed, files = differences(folder), rendered()
    for name in changed:
        if name in files:
            (folder / name).write_text(files[name], encoding="utf-8")
        else:
            (folder / name).unlink()
    return changed


def differences(folder: Path) -> dict[str, str]:
    """The files that are not as generated, each with how it differs. Those of old versions stay as they are."""
    from domain.records.upcasters import UPCASTERS

    files = rendered()
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    missing = dict.fromkeys(files.keys() - there.keys(), "is missing")
    kept = {f"{name}.json" for name in UPCASTERS}
    left_over = dict.fromkeys(there.keys() - files.keys() - kept, "is not generated any more")
    changed = {name: "differs" for name in files.keys() & there.keys() if files[name] != there[name]}
    return dict(sorted((missing | left_over | changed).items()))


def rendered() -> dict[str, str]:
    """File name -> text: the same for the same code, byte for byte."""
    return {
        f"{name}.json": json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        for name, schema in {**generated(), ASYNCAPI: asyncapi(), OPENAPI: openapi()}.items()
    }


@cache
def openapi() -> dict[str, Any]:
    """The REST API."""
    from api.app import App

    return App(version.number()).openapi()


@cache
def asyncapi() -> dict[str, Any]:
    """The topics of the log."""
    from services.contracts.asyncapi import document

    return document(version.number())


@cache
def generated() -> dict[str, dict[str, Any]]:
    """The schema of every record type by its name, and `envelope`: the record as stored."""
    from pydantic import ConfigDict, create_model
    from pydantic.json_schema import GenerateJsonSchema

    from domain.records import TYPES, Record

    class Untitled(GenerateJsonSchema):
        """Without a title for each field, which would repeat its name."""

        def field_title_should_be_set(self, schema: Any) -> bool:
            return False

    class Described(Untitled):
        """With the docstrings of fields."""

        def model_schema(self, schema: Any) -> dict[str, Any]:
            described = super().model_schema(schema)
            for field, text in field_docstrings(schema["cls"]).items():
                described["properties"][field]["description"] = text
            return described

    payloads = {
        name: _identified(name, kind.model_json_schema(schema_generator=Described)) for name, kind in TYPES.items()
    }
    defaults = Record._field_defaults
    fields: dict[str, Any] = {name: (kind, defaults.get(name, ...)) for name, kind in get_type_hints(Record).items()}
    stored = create_model("Record", __config__=ConfigDict(extra="forbid"), __doc__=Record.__doc__, **fields)
    envelope = stored.model_json_schema(schema_generator=Untitled)
    del envelope["$defs"]
    envelope["properties"]["data"] = {"type": "object", "description": "What the record says: see schemas/<type>.json."}
    return payloads | {"envelope": _identified("envelope", envelope)}


def history(folder: Path) -> dict[str, dict[str, Any]]:
    """The schema of every old version: the last that was generated, kept as long as the log.

    Raises `FileNotFoundError` where one is gone.
    """
    from domain.records.upcasters import UPCASTERS

    return {name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in UPCASTERS}


def field_docstrings(model: type) -> dict[str, str]:
    """The docstrings that follow the fields in the source of a class."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(definition, ast.ClassDef), f"{model} is a class"
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairwise(definition.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }


def _identified(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": DIALECT, "$id": name} | schema
