"""What an export leaves: good files and a record that is true."""

import sys

import onnx
import pytest
import torch
from torch import nn

from lucency.errors import ConfigError
from lucency.inference.backends import BOUNDS, RUNTIMES, export_network, read_exports
from lucency.inference.backends.record import sha256_of
from lucency.inference.backends.timing import time_answers


def export(network, images, folder, **settings):
    if not (folder / "model.pt").exists():
        folder.mkdir(parents=True, exist_ok=True)
        torch.save(network.state_dict(), folder / "model.pt")
    settings = {"rounds": 0, "threads": 1, **settings}
    return export_network(network, images, weights=folder / "model.pt", folder=folder / "exports", **settings)


def outcome(exports):
    return {export.key: export.status for export in exports.exports}


def files_in(folder):
    return {path.name for path in (folder / "exports").iterdir()}


def test_the_record_says_what_lies_there(everything):
    folder, exports = everything.folder / "exports", everything.exports
    assert read_exports(folder, everything.weights) == exports
    good = [export for export in exports.exports if export.status == "ok"]
    assert [(e.backend, e.precision) for e in good] == [
        (name, precision)
        for name, runtime in RUNTIMES.items()
        if name != "tensorrt"
        for precision in runtime.precisions
    ]
    for made in good:
        assert made.max_difference <= made.bound == BOUNDS[made.precision]
        assert made.ms_per_image > 0
        assert made.library.startswith("torch" if made.backend.startswith("torch") else made.backend)
        assert made.files == {path.name: sha256_of(path) for path in made.intact_files(folder)}
    assert exports.threads == 1
    assert exports.device.startswith("cpu: ")
    assert files_in(everything.folder) == {"exports.json", "checked_on.safetensors"} | {
        n for e in good for n in e.files
    }
    assert len({path.stat().st_mode for path in (everything.folder / "exports").iterdir()}) == 1  # for all to read


def test_what_is_not_installed_is_passed_over_with_the_reason(everything):
    if RUNTIMES["tensorrt"].obstacle() is None:
        pytest.skip("TensorRT and a GPU are here")
    skipped = everything.exports.find("tensorrt", "fp32")
    assert (skipped.status, skipped.reason) == ("skipped", RUNTIMES["tensorrt"].obstacle())


def test_the_onnx_file_has_names_and_a_free_batch_and_its_weights_beside_it(everything):
    model = onnx.load(everything.folder / "exports" / "onnxruntime-fp32.onnx", load_external_data=False)
    (image,), (pred,) = model.graph.input, model.graph.output
    assert (image.name, pred.name) == ("image", "pred")
    assert image.type.tensor_type.shape.dim[0].dim_param
    assert [entry.version for entry in model.opset_import if entry.domain == ""] == [20]
    assert not any(part.metadata_props for part in (model, model.graph, *model.graph.node))  # paths of this machine
    beside = [tensor for tensor in model.graph.initializer if tensor.data_location == onnx.TensorProto.EXTERNAL]
    assert {entry.value for tensor in beside for entry in tensor.external_data if entry.key == "location"} == {
        "onnxruntime-fp32.data"
    }
    floats = sum(p.numel() for p in everything.network.parameters() if p.ndim > 1 and p.numel() >= 256)
    assert (everything.folder / "exports" / "onnxruntime-fp32.data").stat().st_size >= 4 * floats > 0


def test_openvino_keeps_weights_in_float32(everything):
    floats = sum(p.numel() for p in everything.network.parameters() if p.ndim > 1)  # the rest may be folded
    assert (everything.folder / "exports" / "openvino-fp32.bin").stat().st_size >= 4 * floats


def test_integers_outside_the_bound_are_not_kept_and_others_go_on(everything, monkeypatch, tmp_path):
    monkeypatch.setitem(BOUNDS, "int8", 1e-9)
    model = onnx.load(everything.folder / "exports" / "onnxruntime-fp32.onnx")
    monkeypatch.setattr(torch.onnx, "export", lambda *arguments, **_: onnx.save(model, arguments[2]))  # saves 5 s
    exports = export(
        everything.network, everything.images, tmp_path, backends=["onnxruntime"], precisions=["int8", "fp32"]
    )
    assert outcome(exports) == {
        ("torch", "fp32"): "ok",
        ("onnxruntime", "fp32"): "ok",
        ("onnxruntime", "int8"): "failed",
    }
    failed = exports.find("onnxruntime", "int8")
    assert "more than 1e-09; not kept" in failed.reason
    assert failed.max_difference > 1e-9
    assert failed.files == {}
    assert files_in(tmp_path) == {
        "exports.json",
        "checked_on.safetensors",
        "onnxruntime-fp32.onnx",
        "onnxruntime-fp32.data",
    }


def test_what_cannot_be_exported_is_recorded_and_others_go_on(everything, monkeypatch, tmp_path):
    def fail(*arguments):
        raise RuntimeError("unsupported operator\nand a page of details")

    monkeypatch.setattr(RUNTIMES["torchscript"], "export", fail)
    exports = export(everything.network, everything.images, tmp_path, backends=["torchscript", "torch"])
    assert exports.find("torchscript", "fp32").reason == "RuntimeError: unsupported operator"
    assert outcome(exports) == {("torch", "fp32"): "ok", ("torchscript", "fp32"): "failed"}


def test_a_later_export_keeps_the_others_of_the_same_weights_and_image_size(make_network, make_images, tmp_path):
    network, images = make_network(), make_images(3)
    export(network, images, tmp_path, backends=["torchscript"])
    both = export(network, images, tmp_path, backends=["torch"], precisions=["bf16"])
    assert outcome(both) == {("torch", "fp32"): "ok", ("torch", "bf16"): "ok", ("torchscript", "fp32"): "ok"}
    larger = export(network, make_images(3, size=48), tmp_path, backends=["torch"], rounds=1)
    assert outcome(larger) == {("torch", "fp32"): "ok"}
    assert larger.image_shape == (1, 48, 48)
    export(network, images, tmp_path, backends=["torchscript"])
    other = make_network(seed=1)
    torch.save(other.state_dict(), tmp_path / "model.pt")
    assert outcome(export(other, images, tmp_path, backends=["torch"])) == {("torch", "fp32"): "ok"}
    assert files_in(tmp_path) == {"exports.json", "checked_on.safetensors"}


class Unscriptable(nn.Module):
    """TorchScript knows no generator expressions over keyword arguments."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 3)

    def forward(self, image, **options):
        return self.layer(image.flatten(1)) + sum(value for value in options.values())


def test_a_network_that_cannot_be_scripted_is_traced_and_said_to_be(tmp_path, caplog, make_images):
    network = Unscriptable().eval()
    exports = export(network, make_images(3, size=2), tmp_path, backends=["torchscript"])
    assert outcome(exports)["torchscript", "fp32"] == "ok"
    assert "traced, because the network cannot be scripted" in caplog.text


def test_a_network_that_answers_nan_is_not_exported(make_network, make_images, tmp_path):
    network = make_network()
    next(network.parameters()).data.fill_(torch.nan)
    exports = export(network, make_images(2), tmp_path, backends=["torchscript"])
    assert set(outcome(exports).values()) == {"failed"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"backends": ["openvin"]}, "did you mean 'openvino'"),
        ({"precisions": ["int4"]}, "did you mean 'int8'"),
    ],
)
def test_wrong_names(everything, tmp_path, settings, message):
    with pytest.raises(ConfigError, match=message):
        export(everything.network, everything.images, tmp_path, **settings)
    assert not (tmp_path / "exports").exists()


def test_a_named_backend_must_be_installed(everything, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(ConfigError, match=r"openvino is not installed; pip install 'lucency\[export\]'"):
        export(everything.network, everything.images, tmp_path, backends=["openvino"])


@pytest.mark.parametrize("module", ["onnx", "onnxscript"])
def test_an_absent_exporter_costs_only_what_needs_it(everything, tmp_path, monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    exports = export(everything.network, everything.images, tmp_path, backends=["torchscript", "onnxruntime"])
    assert outcome(exports)["torchscript", "fp32"] == "ok"
    assert exports.find("onnxruntime", "fp32").reason == f"{module} is not installed; pip install 'lucency[export]'"


def test_no_weights(everything, tmp_path):
    with pytest.raises(ConfigError, match="no weights there"):
        export_network(
            everything.network, everything.images, weights=tmp_path / "model.pt", folder=tmp_path, backends=["torch"]
        )


def test_rounds_of_timing_interleave():
    asked = []
    answers = {name: lambda images, name=name: asked.append(name) for name in ("a", "b")}
    times = time_answers(answers, torch.zeros(4, 1, 2, 2), rounds=3)
    assert asked == ["a", "b"] * 5
    assert list(times) == ["a", "b"]
