"""A loss of the SPML bundle that learns labels is wired into its optimiser."""

import pytest
from monai.bundle import ConfigParser

from support import BUNDLE, FINDINGS


@pytest.mark.parametrize("options", [{}, {"learning_rate": 0.5}, {"optimizer#lr": 0.25}])
def test_what_a_loss_learns_follows_the_learning_rate_of_the_network(options, study):
    files = [str(BUNDLE / "configs" / name) for name in ("train.yaml", "loss/role.yaml")]
    parser = ConfigParser()
    parser.read_config(files)
    parser.update({"dataset_dir": str(study), "findings": FINDINGS, **options})
    of_network, of_loss = parser.get_parsed_content("optimizer").param_groups
    assert of_network["lr"] == next(iter(options.values()), 0.001)
    assert of_loss["lr"] == pytest.approx(10 * of_network["lr"])
    assert of_loss["weight_decay"] == 0
    assert of_loss["params"][0] is parser.get_parsed_content("loss").estimates
