"""TorchScript and ONNX answer as the network does."""

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from lucency.networks import FineGrainedDenseNet

SETTINGS = [{}, {"symmetric": True, "output": "bilinear"}, {"deep_supervision": True}]
identify = pytest.mark.parametrize("settings", SETTINGS, ids=lambda settings: " ".join(settings) or "default")


def tiny(**settings):
    torch.manual_seed(0)
    small = {"init_features": 8, "growth_rate": 4, "block_config": (2, 2), "reduced_channels": (6, 6)}
    network = FineGrainedDenseNet(spatial_dims=2, in_channels=1, out_channels=3, **small, **settings)
    network(images(8))  # running statistics of its own
    return network.eval()


def images(count):
    return torch.rand(count, 1, 32, 32, generator=torch.Generator().manual_seed(count))


@identify
def test_torchscript(settings, tmp_path):
    network = tiny(**settings)
    for module in (torch.jit.script(network), torch.jit.trace(network, images(2))):
        torch.jit.save(module, tmp_path / "model.ts")
        torch.testing.assert_close(torch.jit.load(tmp_path / "model.ts")(images(5)), network(images(5)))


def test_a_script_has_one_return_type():
    network = tiny(deep_supervision=True)
    script = torch.jit.script(nn.Sequential(network, nn.Sigmoid()))  # does not compile on a Tensor or a list
    torch.testing.assert_close(script(images(3)), network(images(3)).sigmoid())
    assert isinstance(torch.jit.script(network).train()(images(3)), torch.Tensor)


def test_torchscript_under_autocast_is_close():
    network = tiny()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        answer = torch.jit.script(network)(images(4))
    torch.testing.assert_close(answer.float(), network(images(4)), atol=0.05, rtol=0)


@identify
@pytest.mark.filterwarnings("ignore::FutureWarning")  # inside torch's exporter
def test_onnx(settings, tmp_path):
    network, path = tiny(**settings), tmp_path / "model.onnx"
    torch.onnx.export(
        network,
        (images(2),),
        path,
        input_names=["image"],
        output_names=["logits"],
        dynamic_shapes=({0: "batch"},),
        dynamo=True,
        verbose=False,
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    for count in (1, 5):
        (logits,) = session.run(["logits"], {"image": images(count).numpy()})
        np.testing.assert_allclose(logits, network(images(count)).detach().numpy(), atol=1e-4)
