"""The label-correlation bundle shares with the SPML bundle what can be shared, and differs where its method does."""

import inspect

import numpy as np
import pytest
import torch
import yaml
from monai.bundle import ConfigParser

from lucency.bundle import config_files, config_groups
from lucency.bundle.keys import flatten
from lucency.bundle.overrides import check_overrides
from lucency.bundle.runner import read_configuration
from lucency.errors import ConfigError
from lucency.losses import CorrelationConsistency, LabelContrast, LabelCorrelationLoss
from lucency.networks import LabelCorrelationHead
from lucency.release.golden import seeded_state
from support import BUNDLE as SPML

BUNDLE = SPML.with_name("cxr_label_correlation_classification")
OPTIONS = [(group, path.stem) for group in config_groups(BUNDLE) for path in (BUNDLE / "configs" / group).iterdir()]
RUNGS = ("bce", "decomposition", "global", "consistency", "contrast")
CHANGE_THE_NETWORK = [("ladder", "bce"), ("ladder", "decomposition")]
PARTS = ("consistency", "anchor", "contrast")
MONITOR = "lucency.engines.LabelCorrelationMonitor"
OWN = ("unmentioned", "network_def", "heatmap_method", "cooccurrence", "classification", *PARTS, "loss")  # may differ


def read(bundle, name):
    return yaml.safe_load((bundle / "configs" / f"{name}.yaml").read_text())


def shared(bundle, name):
    """Keys and values of a configuration that do not belong to the method, in their order."""
    config = read(bundle, name)
    if name == "train":
        handlers = config["train"]["handlers"]
        config["train"]["handlers"] = [handler for handler in handlers if handler["_target_"] != MONITOR]
    own = tuple(f"{key}::" for key in OWN)
    return [(key, leaf) for key, leaf in flatten(config).items() if not f"{key}::".startswith(own)]


def configured(workflow="train", groups=None, **settings):
    """Parser of a workflow with a tiny network, and records that need no file."""
    parser = ConfigParser(read_configuration(config_files(BUNDLE, workflow, groups)))
    parser["network_def"].update({"block_config": [1, 1], "init_features": 4, "growth_rate": 2})
    if workflow == "train":
        records = [{"label": np.float32([1, 1, 0] if place % 2 else [0, 0, 1])} for place in range(6)]
        parser["train"]["dataset"]["data"] = records
    parser.update({"findings": ["edema", "effusion", "mass"], **settings})
    return parser


@pytest.mark.parametrize("name", ["train", "inference", "evaluate", "multi_gpu_train"])
def test_both_bundles_agree_on_all_but_the_method(name):
    assert shared(BUNDLE, name) == shared(SPML, name)


def test_the_monitor_sees_an_epoch_before_the_checkpoint_and_on_rank_0_alone():
    handlers = {handler["_target_"]: handler for handler in read(BUNDLE, "train")["train"]["handlers"]}
    names = list(handlers)
    assert names.index(MONITOR) < names.index("lucency.engines.RunCheckpoint")
    assert handlers[MONITOR]["_disabled_"] == "@is_not_rank0"
    assert handlers[MONITOR]["folder"] != handlers["lucency.engines.FindingsTensorBoard"]["folder"]


def test_training_and_inference_have_the_same_network():
    train, inference = (read(BUNDLE, name)["network_def"] for name in ("train", "inference"))
    assert train == inference


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_an_option_sets_only_what_is_there(group, option):
    base = read_configuration(config_files(BUNDLE, "train"))
    changes = read(BUNDLE, f"{group}/{option}")
    check_overrides(base, changes)
    for key, value in changes.items():
        if isinstance(value, dict):
            check_overrides({key: {"_target_": value["_target_"]}}, {f"{key}#{argument}": None for argument in value})


def test_the_defaults_are_options_too_and_those_of_the_package():
    defaults = ("ladder", "contrast"), ("classification", "bce"), ("consistency", "kl"), ("contrast", "guided")
    expected = repr(configured().get_parsed_content("loss"))
    for group, option in defaults:
        assert repr(configured(groups={group: option}).get_parsed_content("loss")) == expected
    arguments = {
        name: parameter.default for name, parameter in inspect.signature(LabelCorrelationLoss).parameters.items()
    }
    assert {key: value for key, value in read(BUNDLE, "train")["loss"].items() if key[0] not in "@_"} == {
        **{key: f"@{key}" for key in ("classification", *PARTS)},
        **{key: arguments[key] for key in ("consistency_weight", "anchor_weight", "contrast_weight", "contrast_ramp")},
    }
    for option, component in (("contrast/guided", LabelContrast), ("consistency/kl", CorrelationConsistency)):
        (given,) = read(BUNDLE, option).values()
        for name, parameter in inspect.signature(component).parameters.items():
            assert given.get(name, parameter.default) == parameter.default


@pytest.mark.parametrize(
    ("rung", "has"),
    list(zip(RUNGS, [(), (), (), ("consistency", "anchor"), PARTS], strict=True)),
)
def test_each_rung_has_its_parts_and_network(rung, has):
    parser = configured(groups={"ladder": rung})
    loss, network = parser.get_parsed_content("loss"), parser.get_parsed_content("network_def")
    assert tuple(part for part in PARTS if getattr(loss, part) is not None) == has
    output = network.train()(torch.rand(2, 1, 64, 64))
    if rung == "bce":
        assert type(output) is torch.Tensor
    else:
        assert [part is not None for part in output] == [True] + 3 * [rung != "decomposition"]


def test_the_upper_rungs_begin_with_the_same_weights_and_the_lower_ones_with_the_same_features():
    states = {}
    for rung in RUNGS:
        torch.manual_seed(0)
        states[rung] = configured(groups={"ladder": rung}).get_parsed_content("network_def").state_dict()
    for rung in ("global", "consistency"):
        assert all(torch.equal(states[rung][name], tensor) for name, tensor in states["contrast"].items())
    features = [name for name in states["contrast"] if name.startswith("features")]
    assert all(torch.equal(states[rung][name], states["contrast"][name]) for rung in RUNGS for name in features)


@pytest.mark.parametrize("rung", RUNGS)
def test_each_rung_names_the_network_of_its_weights_to_inference(rung):
    shapes = [
        {name: tensor.shape for name, tensor in network.state_dict().items()}
        for network in (
            configured(workflow, {"ladder": rung}).get_parsed_content("network_def")
            for workflow in ("train", "inference")
        )
    ]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(("group", "option"), [(g, o) for g, o in OPTIONS if (g, o) not in CHANGE_THE_NETWORK])
def test_no_other_option_changes_the_network(group, option):
    assert (
        read_configuration(config_files(BUNDLE, "inference", {group: option}))["network_def"]
        == (read(BUNDLE, "inference")["network_def"])
    )


@pytest.mark.parametrize(
    ("groups", "key"),
    [
        ({"ladder": "consistency", "contrast": "plain"}, "contrast"),
        ({"ladder": "global", "consistency": "mse"}, "consistency"),
    ],
)
def test_a_part_that_the_rung_leaves_out_can_not_be_chosen(groups, key):
    with pytest.raises(ConfigError, match=f"both set {key}; choose one of them"):
        config_files(BUNDLE, "train", groups)


@pytest.mark.parametrize("rung", RUNGS)
def test_every_rung_takes_every_classification_loss(rung):
    parser = configured(groups={"ladder": rung, "classification": "wan"})
    assert type(parser.get_parsed_content("loss").classification).__name__ == "WeakAssumeNegativeLoss"


def test_golden_weights_give_correlations_of_which_the_answers_tell():
    network = torch.nn.ModuleDict({"out": LabelCorrelationHead(16, 14)})
    network.load_state_dict(seeded_state(network))
    G = network["out"](torch.rand(2, 16, 3, 3)).G
    assert G.amax(dim=1).min() > 2 / 14


def test_the_page_lists_every_option():
    page = (BUNDLE / "docs" / "README.md").read_text()
    missing = [f"--{group} {option}" for group, option in OPTIONS if f"`--{group} {option}`" not in page]
    assert missing == []
