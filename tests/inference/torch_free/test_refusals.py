"""What only the workflow can do is left to the workflow."""

import json
import os
from pathlib import Path

import pytest
import torch
import yaml

from lucency.errors import ConfigError
from lucency.files import sha256_of, stamp_of
from lucency.inference.backends.device import cpu_name
from lucency.inference.torch_free import Configuration, NeedsTorchError, TorchFreeRun
from lucency.inference.torch_free import network as network_module
from lucency.inference.torch_free.verification import verified
from lucency.release.golden import BundlePipeline, golden_images
from support import BUNDLE


def run(hospital, source="in", bundle=BUNDLE, site=None, **overrides):
    overrides = {**hospital.keys, "backend": "onnxruntime", **overrides}
    out = hospital.folder / "out"
    return TorchFreeRun(
        bundle=Path(bundle), source=hospital.folder / source, out=out, weights=hospital.weights, site=site,
        overrides=overrides,
    )  # fmt: skip


def refusal(hospital, **settings):
    with pytest.raises(NeedsTorchError) as caught:
        run(hospital, **settings)
    assert not (hospital.folder / "out").exists()
    return str(caught.value)


def test_it_fits(exported_hospital):
    assert run(exported_hospital).network.answered_by == "onnxruntime fp32"


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ({"heatmaps": True}, "heat maps"),
        ({"image_size": 32}, "another configuration"),
        ({"fit": "crop"}, "another configuration"),
        ({"findings": ["mass", "edema", "effusion"]}, "another configuration"),
        ({"preprocessing#transforms#0#reader#fit": "crop"}, "another configuration"),
        ({"network_def#growth_rate": 8}, "another configuration"),
        ({"device": "cpu"}, "another configuration"),
        ({"bach_size": 3}, "bach_size is no key"),
        ({"preprocessing#transforms#99#keys": "image"}, "is no key"),
        ({"batch_size": "$2 * 8"}, "batch_size is"),
        ({"queries": "random"}, "queries is no key"),
        ({"backend": "torch"}, "no export that answers without PyTorch"),
        ({"backend": "torchscript"}, "no export"),
        ({"precision": "int8"}, "no export"),
        ({"precision": "fp61"}, "did you mean"),
    ],
)
def test_what_it_cannot_do_is_left_to_the_workflow(exported_hospital, overrides, reason):
    assert reason in refusal(exported_hospital, **overrides)


def edited(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda c: c.update(configuration=None, needs_torch="its own preprocessing"), "another configuration"),
        (lambda c: c.update(weights_sha256="0"), "made of other weights"),
        (lambda c: c.update(image_shape=[1, 32, 32]), "another image size"),
    ],
)
def test_exports_that_do_not_fit(hospital, change, reason):
    edited(hospital.exports, change)
    assert reason in refusal(hospital)


def test_a_damaged_export(hospital):
    (hospital.folder / "exports" / "onnxruntime-fp32.onnx").write_bytes(b"")
    assert "damaged" in refusal(hospital)


def test_files_that_nobody_touched_are_not_read_for_their_digest(exported_hospital, monkeypatch):
    def refuse(*_):
        raise AssertionError("a file was read")

    with monkeypatch.context() as alone:
        alone.setattr("hashlib.file_digest", refuse)
        run(exported_hospital, source="in/0.dcm")


def test_a_file_of_the_same_name_size_and_time_is_found_out(hospital):
    path = hospital.folder / "exports" / "onnxruntime-fp32.data"
    edited(hospital.exports, lambda content: content.update(digests={stamp_of(path): sha256_of(path)}))
    run(hospital, source="in/0.dcm")
    before, content = path.stat(), bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert "damaged" in refusal(hospital, source="in/0.dcm")


def test_no_exports_no_weights_or_weights_of_other_findings(hospital):
    (hospital.folder / "config.yaml").write_text(yaml.safe_dump({"findings": ["mass"]}))
    assert "does not fit" in refusal(hospital)
    (hospital.folder / "config.yaml").unlink()
    hospital.exports.unlink()
    assert "there are no exports" in refusal(hospital)
    hospital.weights.unlink()
    assert "does not fit" in refusal(hospital)


def test_a_machine_that_answers_otherwise(hospital, monkeypatch):
    opened = network_module.SESSIONS["onnxruntime"]

    def shifted(*given, **chosen):
        answer = opened(*given, **chosen)
        return lambda images: answer(images) + 1

    monkeypatch.setitem(network_module.SESSIONS, "onnxruntime", shifted)
    assert "answers otherwise" in refusal(hospital)
    run(
        hospital, source="in/0.dcm"
    )  # one file: on the same processor, with the same library, it was compared at export
    edited(hospital.exports, lambda content: content.update(device="cpu: another"))
    assert "answers otherwise" in refusal(hospital, source="in/0.dcm")


def timed(hospital, **milliseconds):
    def change(content):
        for export in content["exports"]:
            export["ms_per_image"] = milliseconds.get(export["backend"])

    edited(hospital.exports, change)


def test_auto_takes_what_the_workflow_would(hospital, monkeypatch):
    monkeypatch.setattr(network_module, "_has_gpu", lambda: False)
    timed(hospital, torch=9, onnxruntime=5, openvino=2)
    assert run(hospital, backend="auto").network.answered_by == "openvino fp32"
    timed(hospital, torch=1, onnxruntime=5, openvino=2)
    assert "no export" in refusal(hospital, backend="auto")
    timed(hospital, torch=9, onnxruntime=5)
    assert run(hospital, backend="auto").network.answered_by == "onnxruntime fp32"
    monkeypatch.setattr(network_module, "_has_gpu", lambda: True)
    assert "another device" in refusal(hospital, backend="auto")
    monkeypatch.setattr(network_module, "_has_gpu", lambda: False)
    edited(hospital.exports, lambda content: content.update(device=f"{cpu_name()} of another house"))
    assert "another device" in refusal(hospital, backend="auto")


def test_a_site_file_of_another_model_is_an_error_and_no_matter_of_torch(exported_hospital, tmp_path):
    (tmp_path / "site.yaml").write_text(yaml.safe_dump({"model": {"name": "x", "version": "1", "fingerprint": "0"}}))
    with pytest.raises(ConfigError, match="made for model name x") as caught:
        run(exported_hospital, site=tmp_path / "site.yaml")
    assert not isinstance(caught.value, NeedsTorchError)


def changed_bundle(folder, change):
    """A copy of the bundle's inference.yaml, changed."""
    (folder / "configs").mkdir(parents=True)
    content = yaml.safe_load((BUNDLE / "configs" / "inference.yaml").read_text())
    change(content)
    (folder / "configs" / "inference.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    (folder / "configs" / "metadata.json").write_bytes((BUNDLE / "configs" / "metadata.json").read_bytes())
    return folder


def smoothed(content):
    blur = {"_target_": "GaussianSmoothd", "keys": "image", "sigma": 2}
    content["preprocessing"]["transforms"].append(blur)


def doubled(content):
    content["postprocessing"]["transforms"].append(
        {"_target_": "RandScaleIntensityd", "keys": "pred", "prob": 1.0, "factors": 0.9}
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda content: None, ""),
        (smoothed, "pixels differ by"),
        (doubled, "probabilities differ by"),
        (lambda c: c["handlers"].append({"_target_": "StatsHandler"}), "the configuration has StatsHandler"),
        (lambda c: c["engine"].update(threads=1), "sets up its backend"),
        (lambda c: c.update(initialize=["$print(1)"]), "runs more than its evaluator"),
    ],
)
def test_at_export_the_workflow_is_compared(exported_hospital, tmp_path, change, reason):
    bundle = changed_bundle(tmp_path / "bundle", change)
    pipeline = BundlePipeline(bundle, exported_hospital.keys)
    network = pipeline.network(exported_hospital.weights)
    given = (bundle, exported_hospital.keys, pipeline, network, golden_images(BUNDLE))
    torch.manual_seed(0)
    if not reason:
        assert verified(*given) == Configuration.read(BUNDLE, exported_hospital.keys).digest
        return
    with pytest.raises(NeedsTorchError, match=reason):
        verified(*given)


@pytest.mark.parametrize("content", [None, "a: [", "- a"])
def test_a_configuration_that_cannot_be_read(tmp_path, content):
    (tmp_path / "configs").mkdir()
    if content is not None:
        (tmp_path / "configs" / "inference.yaml").write_text(content)
    with pytest.raises(NeedsTorchError, match=r"inference\.yaml"):
        Configuration.read(tmp_path, {})
