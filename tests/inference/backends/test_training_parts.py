"""What only training needs is in no export; a network without such parts is exported as it is."""

import onnx
import pytest
import torch

from lucency.inference.backends import RUNTIMES, Backend, export_network
from lucency.inference.backends.export_source import ExportSource
from lucency.networks import LabelCorrelationDenseNet, without_training_parts

PROJECTION = 50_000  # the projector outweighs all else together
ANSWERING = ["torch", "torchscript", "onnxruntime", "openvino"]


@pytest.fixture(scope="module")
def released(tmp_path_factory, make_images):
    """A network with training-only parts, and the folder of its exports."""
    folder = tmp_path_factory.mktemp("label_correlation")
    torch.manual_seed(0)
    network = LabelCorrelationDenseNet(
        2, 1, 3, init_features=8, growth_rate=4, block_config=(1, 1), dim=8, projection=PROJECTION
    )
    for _ in range(4):
        network(make_images(8))  # normalisation learns what to expect
    network.eval()
    torch.save(network.state_dict(), folder / "model.pt")
    exports = export_network(
        network, make_images(3), weights=folder / "model.pt", folder=folder / "exports", rounds=0, threads=1
    )
    assert {e.backend for e in exports.exports if e.status == "ok"} >= set(ANSWERING)
    return network, folder


def floats_of(network):
    return sum(tensor.numel() for tensor in network.state_dict().values())


@pytest.mark.parametrize("name", ANSWERING)
def test_every_backend_answers_as_the_whole_network(released, make_images, name):
    network, folder = released
    answer = Backend(name=name, network=network, weights=folder / "model.pt", folder=folder / "exports", threads=1)
    for count in (1, 4):
        images = make_images(count)
        with torch.no_grad():
            logits, expected = answer.eval()(images), network(images)
        torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-5)
    assert logits.std(0).min() > 1e-3


def test_torchscript_holds_no_training_weights(released):
    network, folder = released
    names = set(torch.jit.load(folder / "exports" / "torchscript-fp32.ts").state_dict())
    assert names == set(without_training_parts(network).state_dict())
    assert {name.split(".")[2] for name in network.state_dict() if name not in names} == {
        "local_correlation",
        "projector",
    }


def test_onnx_holds_no_training_weights(released):
    _, folder = released
    graph = onnx.load(folder / "exports" / "onnxruntime-fp32.onnx").graph
    names = {tensor.name for tensor in graph.initializer}
    assert {"class_layers.out.w", "class_layers.out.b"} <= names  # what is not folded keeps its name
    assert not any(part in name for name in names for part in ("local_correlation", "projector"))


@pytest.mark.parametrize("file", ["torchscript-fp32.ts", "onnxruntime-fp32.data", "openvino-fp32.bin"])
def test_no_file_has_room_for_training_weights(released, file):
    network, folder = released
    size = (folder / "exports" / file).stat().st_size
    assert size < 4 * (floats_of(network) - floats_of(without_training_parts(network)))


def test_the_network_that_is_exported_stays_whole(released):
    network, folder = released
    assert network.state_dict().keys() == torch.load(folder / "model.pt", weights_only=True).keys()


@pytest.mark.parametrize("name", ["torchscript", "onnxruntime"])
def test_a_network_without_such_parts_is_exported_byte_for_byte_as_it_is(everything, tmp_path, name):
    source = ExportSource(everything.network, everything.images, tmp_path)
    for file in RUNTIMES[name].export(source, tmp_path / f"{name}-fp32", "fp32"):
        assert file.read_bytes() == (everything.folder / "exports" / file.name).read_bytes()
