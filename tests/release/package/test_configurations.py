"""YAML and overlays resolved to JSON."""

import json
import shutil

import pytest
import yaml
from monai.bundle import ConfigParser

from lucency.bundle import config_files
from lucency.bundle.runner import read_configuration
from lucency.errors import ConfigError
from lucency.release.package.configurations import named_components, resolved_configurations, written
from lucency.release.package.host_preprocessing import for_hosts
from support import BUNDLE

BUNDLES = sorted(path.parents[1] for path in BUNDLE.parent.glob("*/configs/metadata.json"))


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_json_says_what_the_yaml_files_say(bundle, tmp_path):
    found = resolved_configurations(bundle, {})
    for name, content in found.items():
        file = tmp_path / "configs" / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(written(content))
    for workflow in ("train", "evaluate", "multi_gpu_train"):
        mine = read_configuration(config_files(tmp_path, workflow))
        assert mine == read_configuration(config_files(bundle, workflow))
        for option in (name for name in found if "/" in name):
            group, _, stem = option.partition("/")
            chosen = read_configuration(config_files(tmp_path, workflow, {group: stem}))
            assert chosen == read_configuration(config_files(bundle, workflow, {group: stem}))
    theirs = yaml.safe_load((bundle / "configs" / "inference.yaml").read_text())
    assert found["inference"] == for_hosts(theirs)
    assert "_meta_" not in found["train"]


def test_json_is_formatted_as_the_model_zoo_wants_it():
    text = written({"title": "Röntgen", "list": [1]})
    assert text.isascii()
    assert text.endswith("}\n")
    assert text.splitlines()[1].startswith('    "')
    assert json.loads(text)["title"] == "Röntgen"


def test_choices_and_overrides_go_into_every_workflow_that_has_them():
    settings = {"loss": "wan", "image_size": 96, "learning_rate": 0.1, "network_def#growth_rate": 4, "replicates": 20}
    found = resolved_configurations(BUNDLE, settings)
    train, inference = found["train"], found["inference"]
    assert train["loss"]["_target_"] == "lucency.losses.WeakAssumeNegativeLoss"
    assert train["image_size"] == inference["image_size"] == 96
    assert train["network_def"]["growth_rate"] == inference["network_def"]["growth_rate"] == 4
    assert train["learning_rate"] == 0.1
    assert not {"loss", "learning_rate", "replicates"} & inference.keys()
    assert found["evaluate"]["replicates"] == 20
    assert "replicates" not in train


def test_a_choice_of_the_network_goes_into_inference():
    bundle = BUNDLE.parent / "cxr_label_correlation_classification"
    found = resolved_configurations(bundle, {"ladder": "bce"})
    assert found["inference"]["network_def"]["_target_"] == "DenseNet121"
    assert "contrast" not in found["inference"]


def test_an_override_inside_what_an_overlay_brings():
    found = resolved_configurations(BUNDLE, {"validate#dataset#data#split": "val"})
    merged = ConfigParser(found["train"])
    for key, value in found["evaluate"].items():
        merged.set(value, key)
    assert merged["validate#dataset#data#split"] == "val"


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"image_sise": 96}, "did you mean 'image_size'"), ({"loss": "wann"}, "did you mean 'wan'")],
)
def test_settings_that_fit_nothing(settings, message):
    with pytest.raises(ConfigError, match=message):
        resolved_configurations(BUNDLE, settings)


def test_a_bundle_for_inference_alone(tmp_path):
    (tmp_path / "configs").mkdir()
    shutil.copy(BUNDLE / "configs" / "inference.yaml", tmp_path / "configs")
    assert list(resolved_configurations(tmp_path, {})) == ["inference"]


def test_components_are_found_wherever_they_stand():
    nested = {"train": {"handlers": [{"_target_": "lucency.engines.LoadWeights"}, {"_target_": "Compose"}]}}
    assert named_components({"train": nested}) == {"lucency.engines.LoadWeights"}


def test_no_expression_names_this_package():
    with pytest.raises(ConfigError, match="train: seed names lucency in an expression"):
        named_components({"train": {"seed": "$lucency.losses.HillLoss()"}})
