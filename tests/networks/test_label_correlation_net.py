"""The head on MONAI's backbones: tensors and lists of maps, a configuration, TorchScript, ONNX, and refusals."""

import numpy as np
import onnxruntime
import pytest
import torch
from monai.bundle import ConfigParser
from monai.networks.nets import DenseNet121, EfficientNetBNFeatures
from torch import nn

from lucency.errors import ConfigError
from lucency.inference.backends.export_source import ExportSource
from lucency.losses import LabelCorrelations
from lucency.networks import LabelCorrelationNet, without_training_parts


def densenet():
    return DenseNet121(2, 1, 1, init_features=8, growth_rate=4, block_config=(1, 1)).features


def efficientnet():
    return EfficientNetBNFeatures("efficientnet-b0", pretrained=False, spatial_dims=2, in_channels=1)


BACKBONES = {"a map": (densenet, 10), "a list of maps": (efficientnet, 320)}
each_backbone = pytest.mark.parametrize(("backbone", "channels"), BACKBONES.values(), ids=BACKBONES)


def ready(backbone, channels, **settings):
    torch.manual_seed(0)
    network = LabelCorrelationNet(backbone(), channels, 3, **{"dim": 16, "projection": 8} | settings)
    with torch.no_grad():
        network(images(8))  # running statistics of its own
    return network.eval()


def images(count=4):
    return torch.rand(count, 1, 64, 64, generator=torch.Generator().manual_seed(count))


@each_backbone
def test_the_last_map_goes_through_the_head(backbone, channels):
    network = ready(backbone, channels)
    answer = network.backbone(images())
    features = answer if isinstance(answer, torch.Tensor) else answer[-1]
    assert torch.equal(network(images()), network.head(features))
    assert torch.equal(network.attention(images()), network.head.attention(features))
    assert network.attention(images()).shape == (4, 3, *features.shape[2:])
    assert isinstance(network.train()(images()), LabelCorrelations)


@each_backbone
def test_exports_hold_no_training_parts(backbone, channels, tmp_path):
    network = ready(backbone, channels)
    released = without_training_parts(network)
    for module in (torch.jit.script(released), torch.jit.trace(released, images(2))):
        assert not [name for name in module.state_dict() if "local_correlation" in name or "projector" in name]
        torch.jit.save(module, tmp_path / "model.ts")
        torch.testing.assert_close(torch.jit.load(tmp_path / "model.ts")(images(5)), network(images(5)))


def test_onnx(tmp_path):
    network = ready(densenet, 10)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    path = ExportSource(without_training_parts(network), images(2), tmp_path).onnx  # as `lucency export` does
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    for count in (1, 5):
        (logits,) = session.run(None, {"image": images(count).numpy()})
        np.testing.assert_allclose(logits, network(images(count)).detach().numpy(), atol=1e-4)


def test_a_configuration_makes_it():
    config = {
        "_target_": "lucency.networks.LabelCorrelationNet",
        "backbone": {
            "_target_": "EfficientNetBNFeatures",
            "model_name": "efficientnet-b0",
            "pretrained": False,
            "spatial_dims": 2,
            "in_channels": 1,
        },
        "in_channels": 320,
        "out_channels": 3,
        "global_correlation": False,
    }
    network = ConfigParser({"network_def": config}).get_parsed_content("network_def")
    assert network(images()).z.shape == (4, 3)
    assert network.head.global_correlation is None


@pytest.mark.parametrize(
    ("backbone", "message"),
    [
        (densenet(), r"Sequential gives \(4, 10, 8, 8\), not \(B, 9, \.\.\.\); take its features before"),
        (nn.Sequential(nn.Flatten(), nn.LazyLinear(9)), r"Sequential gives \(4, 9\), not \(B, 9, \.\.\.\)"),
    ],
)
def test_a_backbone_that_does_not_fit_is_refused(backbone, message):
    with pytest.raises(ConfigError, match=message):
        LabelCorrelationNet(backbone, 9, 3)(images())


def test_what_no_head_can_have_is_refused():
    with pytest.raises(ConfigError, match="dim is 0; give a whole number from 1"):
        LabelCorrelationNet(densenet(), 10, 3, dim=0)
