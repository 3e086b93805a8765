"""The label-refinement bundle shares with the SPML bundle what can be shared, and differs where its method does."""

import inspect

import numpy as np
import pytest
import torch
import yaml
from monai.bundle import ConfigParser
from monai.networks.nets import DenseNet121

from lucency.bundle import config_files, config_groups
from lucency.bundle.keys import flatten
from lucency.bundle.overrides import check_overrides
from lucency.bundle.runner import read_configuration
from lucency.engines import CoTeaching
from lucency.errors import ConfigError
from lucency.losses import CoTeachingLoss, MaskedBCELoss
from lucency.networks import TwinNetworks
from lucency.refine.rates import noise_rates
from support import BUNDLE as SPML

BUNDLE = SPML.with_name("cxr_label_refinement_classification")
OPTIONS = [(group, path.stem) for group in config_groups(BUNDLE) for path in (BUNDLE / "configs" / group).iterdir()]
# what may differ
OWN = (
    "unmentioned", "networks", "network", "validated", "classification", "loss", "phase",
    "train::trainer::train_handlers", "validate::evaluator::network", "run",
)  # fmt: skip


def read(bundle, name):
    return yaml.safe_load((bundle / "configs" / f"{name}.yaml").read_text())


def shared(bundle, name):
    """Keys and values of a configuration that do not belong to the method, in their order."""
    own = tuple(f"{key}::" for key in OWN)
    return [(key, leaf) for key, leaf in flatten(read(bundle, name)).items() if not f"{key}::".startswith(own)]


def configured(workflow="train", groups=None):
    """Parser of a workflow with tiny networks, and records that need no file."""
    parser = ConfigParser(read_configuration(config_files(BUNDLE, workflow, groups)))
    parser["network_def"].update({"block_config": [1, 1], "init_features": 4, "growth_rate": 2})
    if workflow != "inference":
        parser["train"]["dataset"]["data"] = [{"label": np.float32([1, 0, 1])} for _ in range(6)]
    parser.update({"findings": ["edema", "effusion", "mass"]})
    return parser


def test_training_agrees_on_all_but_the_method():
    assert shared(BUNDLE, "train") == shared(SPML, "train")


@pytest.mark.parametrize("name", ["evaluate.yaml", "inference.yaml", "multi_gpu_train.yaml", "logging.conf"])
def test_other_files_are_the_same_to_the_letter_but_for_the_networks(name):
    text = (SPML / "configs" / name).read_text().replace("cxr_spml", "cxr_label_refinement").replace(" --loss wan", "")
    if name == "evaluate.yaml":
        text = text.replace('network: "@network"', 'network: "@validated"')
    if name == "multi_gpu_train.yaml":
        text = text.replace("@network_def.to(", "@networks.to(")
        validated = "validated: \"$getattr(@networks, 'first', @networks)\""
        text = text.replace('validate#evaluator#network: "@network_def"', validated)
    assert (BUNDLE / "configs" / name).read_text() == text


def test_the_network_that_predicts_is_that_of_the_spml_bundle_and_so_are_its_golden_answers():
    for file in (SPML / "golden").iterdir():
        assert (BUNDLE / "golden" / file.name).read_bytes() == file.read_bytes()


def test_the_networks_begin_from_different_weights_and_the_first_is_what_inference_loads():
    parser = configured()
    twins, validated = (parser.get_parsed_content(key) for key in ("networks", "validated"))
    assert type(twins) is TwinNetworks
    assert validated is twins.first
    first, second = twins.first.state_dict(), twins.second.state_dict()
    assert not torch.equal(first["features.conv0.weight"], second["features.conv0.weight"])
    inference = configured("inference").get_parsed_content("network_def").state_dict()
    shapes = [{name: tensor.shape for name, tensor in state.items()} for state in (first, second, inference)]
    assert shapes[0] == shapes[1] == shapes[2]


def test_phase_2_trains_one_network_with_the_classification_loss():
    parser = configured(groups={"phase": "trusted"})
    network, validated, loss = (parser.get_parsed_content(key) for key in ("network", "validated", "loss"))
    assert type(network) is DenseNet121
    assert validated is network
    assert type(loss) is MaskedBCELoss
    assert type(configured().get_parsed_content("loss")) is CoTeachingLoss


@pytest.mark.parametrize(("phase", "validated"), [({}, "first"), ({"phase": "trusted"}, None)])
def test_on_several_ranks_too_the_network_that_predicts_is_validated(phase, validated):
    parser = configured("multi_gpu_train", phase)
    networks = parser.get_parsed_content("networks")
    expected = getattr(networks, validated) if validated else networks
    assert parser.get_parsed_content("validated") is expected
    assert parser["validate"]["evaluator"]["network"] == "@validated"


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_an_option_sets_only_what_is_there(group, option):
    base = read_configuration(config_files(BUNDLE, "train"))
    changes = read(BUNDLE, f"{group}/{option}")
    check_overrides(base, {key: value for key, value in changes.items() if key != "weights"})  # phase 2 alone loads any
    arguments = inspect.signature(noise_rates).parameters
    assert set(changes.get("phase#rates", {})) <= set(arguments)


def test_the_defaults_are_options_too_and_those_of_the_package():
    phase = read(BUNDLE, "train")["phase"]
    chosen = read_configuration(config_files(BUNDLE, "train", {"rates": "prior", "selection": "mixed"}))
    assert chosen["phase"] == phase
    arguments = {name: parameter.default for name, parameter in inspect.signature(CoTeaching).parameters.items()}
    settings = ("warm_up", "exponent", "mix", "stratified", "snapshots")
    assert [phase[name] for name in settings] == [arguments[name] for name in settings]
    defaults = {name: parameter.default for name, parameter in inspect.signature(noise_rates).parameters.items()}
    for option in ("prior", "gmm", "confident_joint"):
        rates = read(BUNDLE, f"rates/{option}")["phase#rates"]
        assert rates.pop("method") == option
        assert rates == {name: defaults[name] for name in rates}


@pytest.mark.parametrize("group", ["rates", "selection"])
def test_phase_2_chooses_no_labels(group):
    option = next(option for name, option in OPTIONS if name == group)
    with pytest.raises(ConfigError, match="both set phase; choose one of them"):
        config_files(BUNDLE, "train", {"phase": "trusted", group: option})


def test_the_page_lists_every_option():
    page = (BUNDLE / "docs" / "README.md").read_text()
    missing = [f"--{group} {option}" for group, option in OPTIONS if f"`--{group} {option}`" not in page]
    assert missing == []
