# SPDX-License-Identifier: BSD-3-Clause
"""The schema of the panel's JSON, and the examples that the tests of the page use too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import rdf_live

EXAMPLES = Path(__file__).parents[1] / "panel"
SCHEMA = json.loads((Path(rdf_live.__file__).parent / "view" / "panel.v1.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def files(folder: str) -> list[Path]:
    found = sorted((EXAMPLES / folder).glob("*.json"))
    assert found
    return found


def test_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def parts(schema: Any) -> Any:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from parts(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from parts(value)


def test_schema_is_strict() -> None:
    """Every object names its fields, and those it has to have."""
    objects = [part for part in parts(SCHEMA) if part.get("type") == "object"]
    assert len(objects) > 8
    for part in objects:
        assert part.get("additionalProperties") is False or "propertyNames" in part
        if "properties" in part:
            left_out = set(part["properties"]) - set(part["required"])
            assert left_out <= {"over", "over_options"}


@pytest.mark.parametrize("path", files("valid"), ids=lambda path: path.stem)
def test_valid(path: Path) -> None:
    VALIDATOR.validate(json.loads(path.read_text()))


@pytest.mark.parametrize("path", files("invalid"), ids=lambda path: path.stem)
def test_invalid(path: Path) -> None:
    """Each breaks one rule: it would be valid but for one place."""
    errors = list(VALIDATOR.iter_errors(json.loads(path.read_text())))
    assert len({error.json_path for error in errors}) == 1


def test_each_state_has_an_example() -> None:
    states = {json.loads(path.read_text())["run"]["state"] for path in files("valid")}
    assert states >= set(SCHEMA["$defs"]["run"]["properties"]["state"]["enum"])
