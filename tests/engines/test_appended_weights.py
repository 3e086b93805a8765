"""A trained checkpoint with more findings: names are checked, former outputs kept, and plain DenseNets taken too."""

import pytest
import torch
import yaml
from monai.networks.nets import DenseNet121
from safetensors.torch import save_file

from lucency.engines.appended_weights import append_to_trained
from lucency.errors import ConfigError
from lucency.networks import ClassQueryDenseNet

TINY = {"spatial_dims": 2, "in_channels": 1, "init_features": 8, "growth_rate": 4, "block_config": (1, 1)}
TRAINED = ["edema", "mass", "nodule"]
IMAGE = torch.rand(4, 1, 32, 32, generator=torch.Generator().manual_seed(0))


def build(kind=ClassQueryDenseNet, findings=3, seed=0, **settings):
    torch.manual_seed(seed)
    network = kind(**TINY, out_channels=findings, **settings)
    network(IMAGE)  # running statistics of its own
    return network.eval()


def append(path, findings, trained=TRAINED, network=None, **settings):
    return append_to_trained(
        network=network or build(seed=7), weights=path, trained_findings=trained, findings=findings, **settings
    ).eval()


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
@pytest.mark.parametrize("settings", [{}, {"controller": "mlp", "image_conditioned": True}], ids=str)
def test_the_former_outputs_are_those_of_the_checkpoint(tmp_path, settings, suffix):
    former, path = build(**settings), tmp_path / f"model{suffix}"
    state = former.state_dict()
    save_file(state, path) if suffix == ".safetensors" else torch.save(state, path)
    larger = append(path, [*TRAINED, "hernia", "pneumonia"], network=build(seed=7, **settings))
    assert torch.equal(larger(IMAGE)[:, :3], former(IMAGE))
    assert larger(IMAGE).shape == (4, 5)
    trains = {name for name, parameter in larger.named_parameters() if parameter.requires_grad}
    assert trains == {name for name in larger.state_dict() if name.startswith("class_layers.out.groups.1.")}
    served = ClassQueryDenseNet(**TINY, out_channels=5, appended=2, **settings).eval()  # as inference.yaml has it
    served.load_state_dict(larger.state_dict())
    assert torch.equal(served(IMAGE), larger(IMAGE))


def test_a_plain_densenet_goes_on_as_one_hot_queries(tmp_path):
    plain = build(DenseNet121)
    torch.nn.init.normal_(plain.class_layers.out.bias)
    torch.save(plain.state_dict(), tmp_path / "model.pt")
    torch.testing.assert_close(append(tmp_path / "model.pt", [*TRAINED, "hernia"])(IMAGE)[:, :3], plain(IMAGE))


@pytest.mark.parametrize(
    ("trained", "findings", "message"),
    [
        (TRAINED, ["edema", "nodule", "hernia"], "findings: lacks mass, which the trained network knows"),
        (TRAINED, ["hernia", *TRAINED], r"must begin with the trained findings in their order \(edema, mass, nodule\)"),
        (TRAINED, ["mass", "edema", "nodule", "hernia"], "must begin with the trained findings in their order"),
        (TRAINED, TRAINED, "findings: names nothing that the trained network lacks"),
        (TRAINED, [*TRAINED, "hernia", "hernia"], "findings: hernia twice"),
        (["edema", "mass", "edema"], TRAINED, "trained_findings: edema twice"),
        ("edema", TRAINED, "trained_findings: is the text 'edema'; give a list"),
        (TRAINED, "edema", "findings: is the text 'edema'; give a list"),
        (["edema"], ["edema", "hernia"], "trained_findings: names 1 findings, but the trained network has 3 outputs"),
    ],
)
def test_lists_that_do_not_fit_are_refused(tmp_path, trained, findings, message):
    torch.save(build().state_dict(), tmp_path / "model.pt")
    with pytest.raises(ConfigError, match=message):
        append(tmp_path / "model.pt", findings, trained)


def test_the_record_beside_the_weights_tells_the_order_of_the_findings(tmp_path):
    former, path = build(), tmp_path / "model.pt"
    torch.save(former.state_dict(), path)
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"findings": TRAINED, "seed": 0}))
    assert torch.equal(append(path, [*TRAINED, "hernia"])(IMAGE)[:, :3], former(IMAGE))
    for other in (["mass", "edema", "nodule"], ["edema", "mass", "pneumonia"]):
        with pytest.raises(ConfigError, match=r"model\.pt was trained with others, .*; give edema, mass, nodule"):
            append(path, [*other, "hernia"], other)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: build(findings=5), r"model\.pt: made for another network than ClassQueryDenseNet: .*\(5, 5\) instead"),
        (
            lambda: build(DenseNet121, findings=5),
            r"model\.pt: made for another network than Linear: .*\(5, 10\)",
        ),
        (lambda: build(controller="mlp"), r"model\.pt: made for another network than ClassQueryDenseNet: 1 parameter"),
    ],
)
def test_weights_of_another_network_are_refused(tmp_path, made, message):
    torch.save(made().state_dict(), tmp_path / "model.pt")
    with pytest.raises(ConfigError, match=message):
        append(tmp_path / "model.pt", [*TRAINED, "hernia"])


def test_absent_weights_are_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"model\.pt: no weights there"):
        append(tmp_path / "model.pt", [*TRAINED, "hernia"])


def test_a_network_without_queries_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"network: is a DenseNet121; give lucency\.networks\.ClassQueryDenseNet"):
        append(tmp_path / "model.pt", [*TRAINED, "hernia"], network=build(DenseNet121))
