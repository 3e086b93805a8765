"""What is taken over from the record of a training run, and what is not."""

import json

import pytest

from lucency.bundle import run_bundle
from lucency.errors import ConfigError
from lucency.trained_settings import HOW_IT_RUNS, OF_THE_MODEL, RECORD, trained_settings, with_settings
from support import BUNDLE

ASSEMBLE = BUNDLE.with_name("cxr_label_assemble_classification")
CORRELATION = BUNDLE.with_name("cxr_label_correlation_classification")


@pytest.fixture
def told(tmp_path):
    """A function: weights beside the record of a run that was given these settings."""

    def write(**settings):
        (tmp_path / RECORD).write_text(json.dumps({"seed": 0, "settings": settings}))
        return tmp_path / "model.pt"

    return write


def test_what_the_weights_need_is_taken_over_and_nothing_else(told):
    needed = {"findings": ["mass"], "image_size": 64, "network_def::growth_rate": 12, "network_def#init_features": 16}
    learned, judged = {"learning_rate": 0.1, "loss": "wan"}, {"val_unmentioned": "negative"}
    weights = told(**needed, **learned, **judged, dataset_dir="DATA", max_epochs=3)
    assert trained_settings(BUNDLE, weights, OF_THE_MODEL) == needed
    assert trained_settings(BUNDLE, weights, OF_THE_MODEL | judged.keys()) == needed | judged
    assert trained_settings(BUNDLE, weights) == needed | judged | learned
    assert {"dataset_dir", "max_epochs"} <= HOW_IT_RUNS


def test_options_count_that_change_the_network(told):
    assert trained_settings(ASSEMBLE, told(queries="onehot_mlp", loss="ramp_up"), OF_THE_MODEL) == {
        "queries": "onehot_mlp"
    }
    assert trained_settings(CORRELATION, told(ladder="bce"), OF_THE_MODEL) == {"ladder": "bce"}
    assert trained_settings(CORRELATION, told(ladder="contrast"), OF_THE_MODEL) == {}
    assert trained_settings(ASSEMBLE, told(start="append"), OF_THE_MODEL) == {}  # the weights have been appended to
    assert trained_settings(ASSEMBLE, told(start="append", loss="ramp_up")) == {"loss": "ramp_up"}


@pytest.mark.parametrize(
    "value",
    [
        "$__import__('os').system('touch owned')",
        "@weights",
        "%train",
        "/home/someone/file",
        "..\\file",
        "vectors.npy",
        ["mass", "$1"],
        {"_target_": "subprocess.run"},
        {"blocks": [{"_target_": "os.abort"}]},
    ],
)
def test_nothing_that_would_be_run_or_looked_up_is_taken_over(told, value):
    weights = told(image_size=64, network_def=value, **{"network_def::act": value, "findings": value})
    assert trained_settings(BUNDLE, weights) == {"image_size": 64}


def test_without_a_record_nothing_is_known(tmp_path, told):
    assert trained_settings(BUNDLE, tmp_path / "model.pt") == {}
    told()
    (tmp_path / RECORD).write_text('{"settings": null}')  # of MONAI's own runner
    assert trained_settings(BUNDLE, tmp_path / "model.pt") == {}


@pytest.mark.parametrize("content", ["{", "[]", "\udcff"])
def test_a_damaged_record_is_an_error(tmp_path, content):
    (tmp_path / RECORD).write_text(content, errors="surrogateescape")
    with pytest.raises(ConfigError, match=r"run\.json: cannot be read .*mend it, or take it away"):
        trained_settings(BUNDLE, tmp_path / "model.pt")


def test_what_is_said_wins_however_it_is_spelt():
    settings = {"image_size": 64, "network_def#growth_rate": 12}
    assert with_settings(settings, {"network_def::growth_rate": 4}) == (
        {"image_size": 64, "network_def::growth_rate": 4},
        {"image_size": 64},
    )


def test_a_run_writes_down_what_it_was_told(tmp_path):
    configs = tmp_path / "tiny" / "configs"
    (configs / "loss").mkdir(parents=True)
    (configs / "train.yaml").write_text(
        "seed: 0\nloss: none\nrecord:\n  _target_: lucency.engines.RunRecord\n"
        f"  folder: {tmp_path}\n  seed: '@seed'\n  tables: []\nrun: ['@record', '@loss']\n"
    )
    (configs / "loss" / "wan.yaml").write_text("loss: wan\n")
    workflow = run_bundle(tmp_path / "tiny", "train", groups={"loss": "wan"}, overrides={"seed": 3})
    record = workflow.parser.get_parsed_content("record").record("cpu")
    assert record["settings"] == {"loss": "wan", "seed": 3}
    assert record["seed"] == 3
