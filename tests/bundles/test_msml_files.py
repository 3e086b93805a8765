"""The MSML bundle shares with the SPML bundle what can be shared, and differs where its method does."""

import pytest
import torch
import yaml
from monai.bundle import ConfigParser

from lucency.bundle.keys import flatten
from lucency.losses import MaskedBCELoss, MultiLabelSoftmaxLoss
from support import BUNDLE as SPML

BUNDLE = SPML.with_name("cxr_msml_classification")
# what may differ
OWN = ("unmentioned", "network_def", "heatmap_method", "loss", "objective", "train::trainer::loss_function")


def read(bundle, name):
    return yaml.safe_load((bundle / "configs" / f"{name}.yaml").read_text())


def shared(bundle, name):
    """Keys and values of a configuration that do not belong to the method, in their order."""
    pairs = flatten(read(bundle, name)).items()
    return [(key, leaf) for key, leaf in pairs if not any(key == own or key.startswith(f"{own}::") for own in OWN)]


@pytest.mark.parametrize("name", ["train", "inference", "evaluate", "multi_gpu_train"])
def test_both_bundles_agree_on_all_but_the_method(name):
    assert shared(BUNDLE, name) == shared(SPML, name)


def test_training_and_inference_have_the_same_network():
    train, inference = (read(BUNDLE, name)["network_def"] for name in ("train", "inference"))
    assert {key: value for key, value in train.items() if key != "deep_supervision"} == inference


def test_the_default_loss_is_cross_entropy_and_a_tenth_of_msml():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(20, 4, generator=generator)
    targets = torch.tensor([1.0, 0.0, torch.nan])[torch.randint(0, 3, (20, 4), generator=generator)]
    expected = MaskedBCELoss()(logits, targets) + 0.1 * MultiLabelSoftmaxLoss()(logits, targets)
    for name in ("train", "loss/bce_msml"):
        loss = ConfigParser({"loss": read(BUNDLE, name)["loss"]}).get_parsed_content("loss")
        torch.testing.assert_close(loss(logits, targets), expected)
