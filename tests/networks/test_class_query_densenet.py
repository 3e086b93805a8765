"""The network: MONAI's DenseNet121 underneath, exports, heat maps, and what it can learn."""

import copy

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from monai.bundle import ConfigParser
from monai.networks.nets import DenseNet121

from lucency.errors import ConfigError
from lucency.inference.backends.export_source import ExportSource
from lucency.networks import ClassQueryDenseNet
from references.monai_heat_maps import assert_maps_are_those_of_monai

TINY = {"spatial_dims": 2, "in_channels": 1, "out_channels": 3}
TINY |= {"init_features": 8, "growth_rate": 4, "block_config": (1, 1)}
KINDS = {
    "one-hot": {},
    "appended": {"appended": [1, 1]},
    "mlp": {"controller": "mlp", "query_dim": 2, "init": "normal", "hidden": 16},
    "image": {"controller": "mlp", "image_conditioned": True, "hidden": 16, "reduced_features": 8, "appended": 1},
}
each_kind = pytest.mark.parametrize("settings", KINDS.values(), ids=KINDS)


def tiny(seed=0, **settings):
    torch.manual_seed(seed)
    return ClassQueryDenseNet(**TINY, **settings)


def ready(**settings):
    network = tiny(**settings)
    network(images(8))  # running statistics of its own
    return network.eval()


def images(count=4):
    return torch.rand(count, 1, 32, 32, generator=torch.Generator().manual_seed(count))


def test_seeded_alike_it_begins_as_monais_densenet():
    torch.manual_seed(0)
    plain, network = DenseNet121(**TINY).eval(), tiny().eval()
    torch.testing.assert_close(network(images()), plain(images()))
    answer = tiny(seed=7).load_state_dict(plain.state_dict(), strict=False)
    assert set(answer.unexpected_keys) == {"class_layers.out.weight", "class_layers.out.bias"}
    assert {name.rsplit(".out.")[0] for name in answer.missing_keys} == {"class_layers"}


@each_kind
def test_the_features_begin_alike_whatever_the_head(settings):
    plain, network = tiny().features.state_dict(), tiny(**settings).features.state_dict()
    assert all(torch.equal(network[name], tensor) for name, tensor in plain.items())


@pytest.mark.parametrize("kind", ["appended", "image"])
def test_torchscript(kind, tmp_path):
    network = ready(**KINDS[kind])
    for module in (torch.jit.script(network), torch.jit.trace(network, images(2))):
        torch.jit.save(module, tmp_path / "model.ts")
        frozen = torch.jit.freeze(torch.jit.load(tmp_path / "model.ts").eval())
        torch.testing.assert_close(frozen(images(5)), network(images(5)))


def test_torchscript_under_autocast_is_close():
    network = ready(**KINDS["image"])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        answer = torch.jit.script(network)(images(4))
    torch.testing.assert_close(answer.float(), network(images(4)), atol=0.05, rtol=0)


@pytest.mark.parametrize("kind", ["appended", "image"])
def test_onnx(kind, tmp_path):
    network = ready(**KINDS[kind])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    path = ExportSource(network, images(2), tmp_path).onnx  # as `lucency export` does
    if kind == "appended":  # weights are constants: one product for each of the three groups is left
        assert [node.op_type for node in onnx.load(path).graph.node].count("Gemm") == 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    for count in (1, 5):
        (logits,) = session.run(None, {"image": images(count).numpy()})
        np.testing.assert_allclose(logits, network(images(count)).detach().numpy(), atol=1e-4)


@each_kind
def test_heat_maps_are_those_of_monai(settings):
    maps = assert_maps_are_those_of_monai(ready(**settings), images(1), rtol=1e-5)
    assert not torch.allclose(maps[0], maps[1])


@each_kind
def test_channels_last_and_a_deep_copy_are_the_same_network(settings):
    network = ready(**settings)
    expected = network(images())
    copied = copy.deepcopy(network).to(memory_format=torch.channels_last)
    torch.testing.assert_close(copied(images().to(memory_format=torch.channels_last)), expected)


def test_under_bfloat16_autocast_logits_are_float32():
    network = ready(**KINDS["mlp"])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = network(images())
    assert logits.dtype == torch.float32
    torch.testing.assert_close(logits, network(images()), atol=0.05, rtol=0)


def test_a_configuration_makes_it_where_it_makes_a_densenet():
    config = {"_target_": "lucency.networks.ClassQueryDenseNet", **TINY, "block_config": [1, 1]}
    config |= {"init": [[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]], "controller": "mlp", "hidden": 4}
    network = ConfigParser({"network_def": config}).get_parsed_content("network_def")
    assert network(images()).shape == (4, 3)


def test_what_no_head_can_have_is_refused():
    with pytest.raises(ConfigError, match="controller is tree; give one of linear, mlp"):
        tiny(controller="tree")
