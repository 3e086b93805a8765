"""A card is refused with everything that is missing, too long, or of another model."""

import json
import shutil

import pytest
import yaml

from lucency.errors import ConfigError
from lucency.results.model_card import start_statements, write_model_card
from lucency.results.model_card.card import FROM_METADATA
from lucency.results.model_card.statements import HINTS, Statements, read_statements
from support import BUNDLE


def write(bundle):
    return write_model_card(bundle, bundle.parent / "report.json", bundle.parent / "card")


@pytest.fixture
def rewrite(bundle, statements):
    """A function that changes some statements of the bundle."""

    def change(**changes):
        (bundle / "docs" / "model_card.yaml").write_text(yaml.safe_dump(statements | changes))

    return change


@pytest.mark.parametrize("key", [*HINTS])
def test_a_statement_that_is_empty_refuses_the_card(bundle, rewrite, key):
    empty = {} if key == "regulatory" else [] if key.endswith(("uses", "users", "modalities")) else ""
    rewrite(**{key: None if key == "published" else empty})
    with pytest.raises(ConfigError, match=rf"no model card, as these are empty: {key} \(in .*model_card\.yaml\)"):
        write(bundle)
    assert not (bundle.parent / "card").exists()


@pytest.mark.parametrize("key", [*FROM_METADATA])
def test_metadata_that_is_empty_refuses_the_card(bundle, key):
    path = bundle / "configs" / "metadata.json"
    metadata = json.loads(path.read_text())
    path.write_text(json.dumps(metadata | {key: [] if key == "references" else " "}))
    with pytest.raises(ConfigError, match=rf"empty: {key} \(in configs/metadata\.json\)"):
        write(bundle)


def test_all_that_is_missing_is_named_at_once(bundle):
    (bundle / "docs" / "data_license.txt").unlink()
    (bundle / "docs" / "model_card.yaml").unlink()
    start_statements(bundle / "docs" / "model_card.yaml", Statements())
    with pytest.raises(ConfigError) as caught:
        write(bundle)
    assert all(name in str(caught.value) for name in (*HINTS, "the data licence (in docs/data_license.txt)"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"limitations": "x" * 513}, "limitations: String should have at most 512 characters"),
        ({"intended_uses": ["Detectoin"]}, "intended_uses: 'Detectoin' is none of .*; did you mean 'Detection'"),
        ({"intended_uses": ["Triage", "Triage"]}, "intended_uses: one is listed twice"),
        ({"intended_users": ["Robot"]}, "intended_users: 'Robot' is none of"),
        ({"modalities": ["CT"]}, "modalities: 'CT' is none of CR, DX"),
        ({"regulatory": {"EU": "fine"}}, "regulatory: 'fine' is none of"),
        ({"regulatory": {"Mars": "Authorized"}}, "regulatory: 'Mars' is none of"),
        ({"link": "example.org"}, "link: 'example.org' is no address"),
        ({"limitation": "none"}, "unknown key 'limitation'; did you mean 'limitations'"),
    ],
)
def test_statements_that_atlas_does_not_take_are_refused(bundle, rewrite, changes, message):
    rewrite(**changes)
    with pytest.raises(ConfigError, match=message):
        write(bundle)


def test_report_and_bundle_must_be_of_one_model(bundle):
    path = bundle / "configs" / "metadata.json"
    metadata = json.loads(path.read_text())
    path.write_text(json.dumps(metadata | {"version": "9.9.9"}))
    with pytest.raises(
        ConfigError, match=rf"is of {bundle.name} {metadata['version']}, but the bundle is {bundle.name} 9"
    ):
        write(bundle)
    path.write_text(json.dumps(metadata | {"name": "abc"}))
    with pytest.raises(ConfigError, match="name has 3 characters; RSNA ATLAS takes 4 to 256"):
        write(bundle)
    path.write_text(json.dumps(metadata))
    report = bundle.parent / "report.json"
    content = json.loads(report.read_text())
    report.write_text(json.dumps(content | {"model": None}))
    with pytest.raises(ConfigError, match="does not say of which model it is"):
        write(bundle)
    report.write_text("{}")
    with pytest.raises(ConfigError, match="is no report"):
        write(bundle)
    report.unlink()
    with pytest.raises(ConfigError, match="write it with lucency report"):
        write(bundle)


def test_a_started_file_can_be_filled_in_and_is_not_overwritten(tmp_path):
    path = start_statements(tmp_path / "model_card.yaml", Statements())
    assert [*HINTS] == [*Statements.model_fields]
    assert read_statements(path) == Statements()
    with pytest.raises(ConfigError, match="is there already"):
        start_statements(path, Statements())
    with pytest.raises(ConfigError, match="write it with lucency model-card --start"):
        read_statements(tmp_path / "none.yaml")
    path.write_text("- a\n")
    with pytest.raises(ConfigError, match="holds no keys"):
        read_statements(path)
    path.write_text("a: [\n")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_statements(path)


@pytest.mark.parametrize("recipe", sorted(BUNDLE.parent.glob("cxr_*")), ids=lambda folder: folder.name)
def test_who_trains_a_bundle_of_ours_adds_only_what_it_cannot_know(bundle, statements, recipe):
    shutil.copy(recipe / "docs" / "model_card.yaml", bundle / "docs" / "model_card.yaml")
    own = bundle.parent / "own.yaml"
    start_statements(own, read_statements(bundle / "docs" / "model_card.yaml"))
    left = {line.split(":")[0] for line in own.read_text().splitlines() if line and not line.startswith("#")}
    trained = {"link", "contact", "published", "license", "availability", "training_data", "evaluation_data"}
    assert left == trained | {"label_source", "regulatory"}
    with pytest.raises(ConfigError, match=r"no model card, as these are empty: link, .*own\.yaml"):
        write_model_card(bundle, bundle.parent / "report.json", bundle.parent / "card", statements=own)
    own.write_text(yaml.safe_dump({key: statements[key] for key in left} | {"limitations": "ours win"}))
    card, _ = write_model_card(bundle, bundle.parent / "report.json", bundle.parent / "card", statements=own)
    assert "ours win" in card.read_text()


def test_statements_over_several_lines_are_one_text(tmp_path):
    path = tmp_path / "model_card.yaml"
    path.write_text("limitations: |\n  one\n  two\npublished: 2026\n")
    statements = read_statements(path)
    assert (statements.limitations, statements.published) == ("one two", 2026)
