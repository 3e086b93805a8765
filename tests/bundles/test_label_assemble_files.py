"""The Label-Assemble bundle shares with the SPML bundle what can be shared, and differs where its method does."""

import inspect
import re

import pytest
import torch
import yaml
from monai.bundle import ConfigParser

from lucency.bundle import config_files, config_groups
from lucency.bundle.keys import flatten
from lucency.bundle.overrides import check_overrides
from lucency.bundle.runner import read_configuration
from lucency.data.importers import read_source
from lucency.engines import EmaTeacher, TwoViewInferer
from lucency.errors import TableError
from lucency.labels import vocabulary
from lucency.losses import LabelAssembleLoss
from support import BUNDLE as SPML

BUNDLE = SPML.with_name("cxr_label_assemble_classification")
OPTIONS = [(group, path.stem) for group in config_groups(BUNDLE) for path in (BUNDLE / "configs" / group).iterdir()]
# what may differ
OWN = (
    "findings", "network_def", "loss", "teacher", "train::strong", "train::prepare_batch::strong", "train::inferer",
)  # fmt: skip


def read(bundle, name):
    return yaml.safe_load((bundle / "configs" / f"{name}.yaml").read_text())


def shared(bundle, name):
    """Keys and values of a configuration that do not belong to the method, in their order."""
    pairs = flatten(read(bundle, name)).items()
    own = tuple(f"{key}::" for key in OWN)
    return [(key, leaf) for key, leaf in pairs if not f"{key}::".startswith(own) and leaf != "@teacher"]


@pytest.mark.parametrize("name", ["train", "inference", "evaluate", "multi_gpu_train"])
def test_both_bundles_agree_on_all_but_the_method(name):
    assert shared(BUNDLE, name) == shared(SPML, name)


def test_findings_are_those_of_nih_followed_by_what_chexpert_adds():
    findings, nih = (read(bundle, "train")["findings"] for bundle in (BUNDLE, SPML))
    assert findings[:14] == nih
    named = vocabulary()
    either = {finding for finding in named.ids if {"nih14", "chexpert14"} & set(named.get(finding).names)}
    assert set(findings) == either
    assert len(findings) == len(either) == 21


def test_training_and_inference_have_the_same_network():
    train, inference = (read(BUNDLE, name)["network_def"] for name in ("train", "inference"))
    assert train == inference


def test_the_default_loss_is_the_papers():
    defaults = {name: p.default for name, p in inspect.signature(LabelAssembleLoss).parameters.items()}
    arguments = read(BUNDLE, "loss/label_assemble")["loss"]
    assert read(BUNDLE, "train")["loss"] == {"_target_": arguments.pop("_target_")}
    assert arguments == {name: defaults[name] for name in arguments}
    assert set(defaults) - set(arguments) == {"ramp_up", "confidence_band", "check_inputs"}


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_an_option_sets_only_what_is_there(group, option):
    base = read_configuration(config_files(BUNDLE, "train"))
    changes = read(BUNDLE, f"{group}/{option}")
    check_overrides(base, changes)
    for key, value in changes.items():
        if isinstance(value, dict):
            check_overrides({key: {"_target_": value["_target_"]}}, {f"{key}#{argument}": None for argument in value})


@pytest.mark.parametrize("option", sorted(path.stem for path in (BUNDLE / "configs" / "queries").iterdir()))
def test_queries_are_built_alike_for_training_and_inference(option):
    networks = []
    for workflow in ("train", "inference"):
        parser = ConfigParser(read_configuration(config_files(BUNDLE, workflow, {"queries": option})))
        parser["network_def"]["block_config"] = [1, 1, 1, 1]
        networks.append(parser.get_parsed_content("network_def"))
    shapes = [{name: tensor.shape for name, tensor in network.state_dict().items()} for network in networks]
    assert shapes[0] == shapes[1]


def test_the_teacher_follows_the_network_and_answers_for_the_inferer():
    parser = ConfigParser(read_configuration(config_files(BUNDLE, "train", {"teacher": "ema"})))
    parser.update({"network_def": {"_target_": "torch.nn.Linear", "in_features": 4, "out_features": 3}})
    parser["network"] = "@network_def"
    teacher, inferer = parser.get_parsed_content("teacher"), parser.get_parsed_content("train#inferer")
    assert isinstance(teacher, EmaTeacher)
    assert isinstance(inferer, TwoViewInferer)
    assert inferer.teacher is teacher
    network = parser.get_parsed_content("network")
    assert len(inferer(torch.ones(2, 4), network, torch.ones(2, 4))) == 3


def test_the_page_lists_every_option():
    page = (BUNDLE / "docs" / "README.md").read_text()
    missing = [f"--{group} {option}" for group, option in OPTIONS if f"`--{group} {option}`" not in page]
    assert missing == []


def test_the_pages_source_files_miss_nothing_but_the_data(tmp_path):
    page = (BUNDLE / "docs" / "README.md").read_text()
    sources = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    assert len(sources) == 2
    for source in sources:
        (tmp_path / "source.yaml").write_text(source)
        with pytest.raises(TableError, match="no such file"):
            read_source(tmp_path / "source.yaml")
