"""`compose.yaml` is what the compose specification asks for."""

import importlib.util
import json
from pathlib import Path

from jsonschema import Draft202012Validator

from tests.deploy.test_compose import COMPOSE


def specification() -> Draft202012Validator:
    """As check-jsonschema brings it along; nothing of that package is run."""
    found = importlib.util.find_spec("check_jsonschema")
    assert found is not None
    [folder] = found.submodule_search_locations or []
    return Draft202012Validator(json.loads((Path(folder) / "builtin_schemas/vendor/compose-spec.json").read_text()))


def test_it_is_what_the_specification_asks_for() -> None:
    assert [error.message for error in specification().iter_errors(COMPOSE)] == []


def test_the_specification_refuses_what_it_does_not_know() -> None:
    for wrong in ({"depend_on": ["b"]}, {"restart": 1}, {"networks": 5}):
        assert not specification().is_valid({"services": {"api": {"image": "a", **wrong}}})
