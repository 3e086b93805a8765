"""`lucency export`."""

import json

import pytest
import torch
from typer.testing import CliRunner

from lucency.cli import command_line
from lucency.errors import ConfigError
from lucency.inference.backends import BOUNDS, Backend
from lucency.release.check import check_bundle
from lucency.release.export import export_bundle
from lucency.release.golden import BundlePipeline, golden_images, seeded_weights, write_golden
from support import BUNDLE, FINDINGS, TINY

SMALL = {key: value for key, value in TINY.items() if key.startswith("network_def")}
SMALL |= {"findings": FINDINGS, "image_size": 32, "batch_size": 2}
SETTINGS = [f"--{key}={value}" for key, value in SMALL.items()]


@pytest.fixture
def weights(tmp_path):
    return seeded_weights(BundlePipeline(BUNDLE, SMALL), 0, tmp_path)


def command(*arguments):
    return CliRunner().invoke(command_line(), ["export", *map(str, arguments)])


def test_exports_lie_beside_the_weights_and_serve_a_backend_and_the_check(weights):
    done = command(BUNDLE, "--weights", weights, "--backend", "torchscript", *SETTINGS)
    assert done.exit_code == 0, done.output
    assert "batches of 2" in done.output
    record = json.loads((weights.parent / "exports" / "exports.json").read_text())
    assert [(e["backend"], e["status"]) for e in record["exports"]] == [("torch", "ok"), ("torchscript", "ok")]
    pipeline = BundlePipeline(BUNDLE, SMALL)
    network, images = pipeline.network(weights), pipeline.preprocess(golden_images(BUNDLE))
    backend = Backend(name="torchscript", network=network, weights=weights)
    torch.testing.assert_close(
        pipeline.probabilities(images, backend), pipeline.probabilities(images, network), atol=1e-4, rtol=0
    )
    write_golden(BUNDLE, weights=weights, overrides=SMALL)
    (weights.parent / "exports" / "torchscript-fp32.ts").write_bytes(b"")  # so it is these that are checked
    (check,) = check_bundle(BUNDLE, weights=weights, backends=["torchscript"], overrides=SMALL)
    assert check.outcome == "failed"
    assert "damaged" in check.reason


def test_a_miss_is_shown_and_the_exit_status_tells(weights, monkeypatch):
    monkeypatch.setitem(BOUNDS, "bf16", 1e-12)
    options = ["--weights", weights, "--backend", "torch", "--precision", "bf16", "--precision", "fp32"]
    done = command(BUNDLE, *options, *SETTINGS)
    assert done.exit_code == 1
    assert "failed" in done.output
    assert "not kept" in done.output


def test_another_folder(weights, tmp_path):
    export_bundle(BUNDLE, weights=weights, backends=["torch"], folder=tmp_path / "there", overrides=SMALL)
    assert (tmp_path / "there" / "exports.json").is_file()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"weights": None}, "no weights there"),
        ({"overrides": {}}, "made for another network than DenseNet121"),
        ({"overrides": {**SMALL, "image_sise": 3}}, "did you mean 'image_size'"),
        ({"backends": ["onnx"]}, "did you mean 'onnxruntime'"),
    ],
)
def test_wrong_input(weights, settings, message):
    with pytest.raises(ConfigError, match=message):
        export_bundle(BUNDLE, **{"weights": weights, "overrides": SMALL, **settings})
