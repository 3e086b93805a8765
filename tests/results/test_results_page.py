"""docs/reference/results.md and its JSON schema say what the classes say."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from lucency.results import FindingResult, ImageResult, ModelIdentity, PredictionTable, ResultDocument
from lucency.results.predictions import DESCRIPTION
from lucency.results.schema import IDENTIFIERS

DOCS = Path(__file__).parents[2] / "docs" / "reference"
MODEL = ModelIdentity(name="bundle", version="1", findings=("mass",), weights_sha256=None)


@pytest.fixture
def schema():
    return json.loads((DOCS / "results.schema.json").read_text())


def test_the_schema_file_is_made_from_the_classes(schema):
    assert schema == ResultDocument.model_json_schema(mode="serialization")


def test_what_a_run_writes_obeys_the_schema_and_nonsense_does_not(schema, tmp_path):
    answer = FindingResult(finding="mass", probability=0.2, raw_probability=0.3)
    predictions = PredictionTable(folder=tmp_path, model=MODEL)
    predictions.add([ImageResult(file="a.dcm", status="ok", findings=(answer,))])
    document = json.loads(predictions.finish()[1].read_text())
    jsonschema.validate(document, schema)
    document["results"][0]["findings"][0]["probability"] = 1.5
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)


def test_the_page_names_every_column():
    page = (DOCS / "results.md").read_text()
    named = re.findall(r"`([a-z_]+)`", page.split("## Table")[1].split("## Document")[0])
    assert {*DESCRIPTION, *IDENTIFIERS} <= set(named)
