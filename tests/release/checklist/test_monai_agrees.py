"""What the rules say of MONAI is what MONAI does: merging, references, properties, imports, logging."""

import warnings
from pathlib import Path

import pytest
from monai.bundle import ConfigParser, ReferenceResolver
from monai.bundle.config_item import ConfigExpression
from monai.bundle.properties import InferProperties, TrainProperties
from monai.bundle.workflows import _reject_executable_logging_config

from lucency.release.checklist.bundle_text import BundleText
from lucency.release.checklist.expression import absolute, references, statement, trips_on_import
from lucency.release.checklist.rules.logging_file import RULES as LOGGING
from lucency.release.checklist.rules.properties import INFER, TRAIN
from lucency.release.checklist.workflow import Workflow, leaves

HERE = Path(__file__).parent
FOLDERS = [*sorted((HERE.parents[2] / "bundles").glob("*/")), *sorted((HERE / "bundles").glob("*/"))]
WORKFLOWS = [
    pytest.param(text, workflow, id=f"{folder.name}-{name}")
    for folder in FOLDERS
    for text in [BundleText(folder)]
    for name, workflow in {**text.workflows, **text.options}.items()
]


def merged_by_monai(text: BundleText, workflow: Workflow) -> dict:
    parser = ConfigParser()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parser.read_config([str(text.root / document.file) for document in workflow.documents])
    return parser.get()


@pytest.mark.parametrize(("text", "workflow"), WORKFLOWS)
def test_files_are_merged_as_monai_merges_them(text, workflow):
    expected = {key: value for key, value in merged_by_monai(text, workflow).items() if key != "_meta_"}
    macros = [key for key, value in leaves(expected) if isinstance(value, str) and value.startswith("%")]
    assert expected.keys() == workflow.config.keys()
    for key, value in leaves(expected):
        if key not in macros:
            assert workflow.get(key) == value


@pytest.mark.parametrize(("text", "workflow"), WORKFLOWS)
def test_references_are_those_that_monai_resolves(text, workflow):
    for key, value in leaves(merged_by_monai(text, workflow)):
        if isinstance(value, str) and not value.startswith("%"):
            full = ConfigParser.resolve_relative_ids(key, value)
            assert absolute(key, value) == full
            assert set(references(key, value)) == set(ReferenceResolver.match_refs_pattern(full))


@pytest.mark.parametrize(("ours", "theirs"), [(TRAIN, TrainProperties), (INFER, InferProperties)])
def test_properties_are_monai_s(ours, theirs):
    expected = {p["id"]: "" if p["required"] else p.get("refer_id") for p in theirs.values()}
    assert ours == expected


@pytest.mark.parametrize(
    "value", ["$@importance * 2", "$import os", "$from os import path", "$@x + 'imported'", "$len('import')", "$@a#b"]
)
def test_an_expression_trips_on_import_where_monai_fails(value):
    try:
        ConfigExpression.is_import_statement(absolute("key", value))
    except SyntaxError:
        assert trips_on_import("key", value)
    else:
        assert not trips_on_import("key", value)


@pytest.mark.parametrize("value", ["$1 + 1", "$ 1 + 1", "$1 +", "$a = 1", "$1; 2", "$[x for x in (1, 2)]", "$"])
def test_an_expression_is_none_where_monai_cannot_evaluate_it(value):
    try:
        ConfigExpression(value).evaluate()
        evaluated = True
    except (SyntaxError, RuntimeError):
        evaluated = False
    assert (statement("key", value) is not None) is evaluated


FIELDS = [
    ("class", "StreamHandler", True),
    ("class", "logging.FileHandler", True),
    ("class", "logging.handlers.RotatingFileHandler", True),
    ("class", "handlers.RotatingFileHandler", False),
    ("class", "eval", False),
    ("class", "logging.getLogger", False),
    ("class", "StreamHandler()", False),
    ("args", "(sys.stdout,)", True),
    ("args", "('a.log', 'w')", True),
    ("args", "(os.environ['LOG'],)", False),
    ("args", "(sys.stdout.write('x'),)", False),
    ("kwargs", "{'delay': True}", True),
    ("kwargs", "dict(delay=True)", False),
]


@pytest.mark.parametrize(("field", "value", "is_fit"), FIELDS)
def test_logging_files_are_refused_as_monai_refuses_them(field, value, is_fit, clean):
    file = clean / "configs" / "logging.conf"
    file.write_text(f"[handler_console]\n{field}={value}\n")
    try:
        _reject_executable_logging_config(str(file))
        accepted = True
    except ValueError:
        accepted = False
    assert accepted is is_fit
    (rule,) = LOGGING
    assert (rule.findings(BundleText(clean)) == []) is accepted


def test_a_key_that_is_there_twice_is_the_later_for_both(clean):
    file = clean / "configs" / "extra.yaml"
    file.write_text("seed: 1\nseed: 2\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert ConfigParser.load_config_file(str(file)) == BundleText(clean).documents["configs/extra.yaml"].content
