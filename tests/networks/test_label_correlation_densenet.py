"""The network: MONAI's DenseNet121 underneath, exports without training parts, heat maps, a step of MONAI's trainer."""

import copy

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from monai.bundle import ConfigParser
from monai.engines import SupervisedTrainer
from monai.networks.nets import DenseNet121

from lucency.errors import ConfigError
from lucency.inference.backends.export_source import ExportSource
from lucency.losses import LabelCorrelationLoss
from lucency.networks import LabelCorrelationDenseNet, without_training_parts
from references.monai_heat_maps import assert_maps_are_those_of_monai

TINY = {"spatial_dims": 2, "in_channels": 1, "out_channels": 3}
TINY |= {"init_features": 8, "growth_rate": 4, "block_config": (1, 1)}
KINDS = {"all": {}, "decomposition": {"global_correlation": False, "projection": 0}}
each_kind = pytest.mark.parametrize("settings", KINDS.values(), ids=KINDS)
TRAINING_ONLY = ("local_correlation", "projector")


def tiny(seed=0, **settings):
    torch.manual_seed(seed)
    return LabelCorrelationDenseNet(**TINY, **{"dim": 16, "projection": 8} | settings)


def ready(**settings):
    network = tiny(**settings)
    with torch.no_grad():
        network(images(8))  # running statistics of its own
    return network.eval()


def images(count=4):
    return torch.rand(count, 1, 32, 32, generator=torch.Generator().manual_seed(count))


@each_kind
def test_the_features_are_those_of_monais_densenet(settings):
    torch.manual_seed(0)
    plain, network = DenseNet121(**TINY).eval(), tiny(**settings).eval()
    assert all(map(torch.equal, plain.features.parameters(), network.features.parameters()))
    features = plain.class_layers.relu(plain.features(images()))
    assert torch.equal(network(images()), network.class_layers.out(features))
    assert torch.equal(network.attention(images()), network.class_layers.out.attention(features))
    assert network.attention(images()).shape == (4, 3, *features.shape[2:])
    answer = tiny(seed=7, **settings).load_state_dict(plain.state_dict(), strict=False)
    assert set(answer.unexpected_keys) == {"class_layers.out.weight", "class_layers.out.bias"}
    assert {name.split(".out.")[0] for name in answer.missing_keys} == {"class_layers"}


@each_kind
def test_torchscript_without_training_parts(settings, tmp_path):
    network = ready(**settings)
    released = without_training_parts(network)
    assert torch.equal(released(images()), network(images()))
    for module in (torch.jit.script(released), torch.jit.trace(released, images(2))):
        torch.jit.save(module, tmp_path / "model.ts")
        loaded = torch.jit.load(tmp_path / "model.ts").eval()
        assert not [name for name in loaded.state_dict() if any(part in name for part in TRAINING_ONLY)]
        assert loaded.state_dict().keys() == released.state_dict().keys()
        torch.testing.assert_close(torch.jit.freeze(loaded)(images(5)), network(images(5)))


def test_torchscript_with_training_parts():
    network = ready()
    torch.testing.assert_close(torch.jit.script(network)(images(5)), network(images(5)))


def test_onnx_without_training_parts(tmp_path):
    network = ready()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    path = ExportSource(without_training_parts(network), images(2), tmp_path).onnx  # as `lucency export` does
    names = [constant.name for constant in onnx.load(path).graph.initializer]
    assert any("W_t" in name for name in names)  # they do keep their names
    assert not [name for name in names if any(part in name for part in TRAINING_ONLY)]
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    for count in (1, 5):
        (logits,) = session.run(None, {"image": images(count).numpy()})
        np.testing.assert_allclose(logits, network(images(count)).detach().numpy(), atol=1e-4)


@each_kind
def test_heat_maps_are_those_of_monai(settings):
    assert_maps_are_those_of_monai(ready(**settings), images(1), rtol=1e-4)


def test_channels_last_and_a_deep_copy_are_the_same_network():
    network = ready()
    expected = network(images())
    copied = copy.deepcopy(network).to(memory_format=torch.channels_last)
    torch.testing.assert_close(copied(images().to(memory_format=torch.channels_last)), expected)


def test_under_bfloat16_autocast_what_it_says_is_float32():
    network = ready()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits, output = network(images()), network.train()(images())
    assert {logits.dtype, *(part.dtype for part in output)} == {torch.float32}
    torch.testing.assert_close(logits, ready()(images()), atol=0.05, rtol=0)


def test_a_configuration_makes_network_and_loss_for_monais_trainer():
    config = {"_target_": "lucency.networks.LabelCorrelationDenseNet", **TINY, "block_config": [1, 1], "dim": 16}
    config |= {"embeddings": [[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]]}
    network = ConfigParser({"network_def": config}).get_parsed_content("network_def")
    before = {name: parameter.clone() for name, parameter in network.named_parameters()}
    label = torch.tensor([[1.0, 0.0, torch.nan], [0.0, 1.0, 1.0], [torch.nan] * 3, [1.0, 1.0, 0.0]])
    trainer = SupervisedTrainer(
        device=torch.device("cpu"),
        max_epochs=1,
        train_data_loader=[{"image": images(), "label": label}],
        network=network,
        optimizer=torch.optim.SGD(network.parameters(), lr=0.1),
        loss_function=LabelCorrelationLoss(),
        decollate=False,
    )
    trainer.run()
    still = {name for name, parameter in network.named_parameters() if torch.equal(parameter, before[name])}
    assert still == {name for name in before if any(part in name for part in TRAINING_ONLY)}


def test_what_no_head_can_have_is_refused():
    with pytest.raises(ConfigError, match="dim is 0; give a whole number from 1"):
        tiny(dim=0)
