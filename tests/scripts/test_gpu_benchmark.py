"""The GPU's benchmark: what it counts, and a tiny run of every part on the processor."""

import json
import os
import sys
import threading

import pytest
import torch
from torch import nn

from support import BUNDLE, script

SCRIPT = "scripts/benchmarks/gpu.py"
PARTS = ("inference", "training", "fed training", "window, resize")
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU")


@pytest.fixture(autouse=True)
def scripts(monkeypatch):
    """The folder that a script's parts are imported from."""
    monkeypatch.syspath_prepend(str(BUNDLE.parents[1] / "scripts" / "benchmarks"))


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", [SCRIPT, *map(str, arguments)])
    script(SCRIPT, "__main__")


@pytest.mark.slow
@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=needs_gpu)])
def test_every_part_runs_and_says_why_it_left_something_out(tmp_path, monkeypatch, capsys, device):
    from gpu_parts.steps import RECIPES
    from gpu_parts.ways import WAYS

    run(monkeypatch, "--device", device, "--quick", "--json", tmp_path / "gpu.json")
    content = json.loads((tmp_path / "gpu.json").read_text())
    assert {row["item"] for row in content["rows"]} == {"6"}
    rows = {row["what"]: row for row in content["rows"]}
    named = {part: {what.split(": ")[1] for what in rows if what.startswith(part)} for part in PARTS}
    assert named["inference"] == set(WAYS)
    assert named["training"] == set(RECIPES)
    assert named["fed training"] == {"one batch", "pixel cache", "pixel cache, augmented"}
    assert len(named["window, resize"]) == 4
    for what, row in rows.items():
        assert row["ours_ms"] or row["note"], what
        assert not row["note"].startswith(("failed", "WRONG")), (what, row["note"])
        assert row["target"] is None, "figures that mean nothing meet no target"
    assert content["bandwidth_gb_s"] > 0
    shown = capsys.readouterr().out
    assert f"{content['device']}: " in shown
    assert "CUDA graphs need a CUDA GPU" in shown or device == "cuda"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA GPU")
def test_a_machine_without_gpu_is_refused_in_one_line(monkeypatch):
    with pytest.raises(SystemExit, match=r"^no CUDA GPU here, .* --device cpu --quick$"):
        run(monkeypatch)


def test_traffic_is_what_operations_read_and_write():
    from gpu_parts.traffic import bytes_an_image

    def network():
        return nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.Flatten())

    cells = 2 * 10 * 10  # bytes of one bfloat16 channel
    image, features = cells, 2 * cells
    convolution, relu = image + features, 2 * features
    assert bytes_an_image(network, 10, training=False) == (convolution + relu, convolution)
    _, least = bytes_an_image(network, 10, training=True)
    # backwards it reads the features' gradient and the image, and nothing wants the image's gradient
    assert least == convolution + features + image


def test_every_thread_stays_on_few_cores_until_the_end():
    from gpu_parts.feed import few_cores

    stop, before = threading.Event(), os.sched_getaffinity(0)
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        with few_cores(1):
            first = {min(before)}
            assert os.sched_getaffinity(0) == os.sched_getaffinity(thread.native_id) == first
        assert os.sched_getaffinity(0) == os.sched_getaffinity(thread.native_id) == before
    finally:
        stop.set()
        thread.join()


def test_a_figure_compares_and_judges():
    from gpu_parts.figures import Figure

    slow = Figure("fed training", "cache", 224, 256, 0.002, "one batch", 0.001, target=0.95)
    assert (slow.rate, slow.row().ratio, slow.row().met) == (500, 0.5, False)
    assert "≥ 0.95: MISSED" in slow.cells()
    assert "≥ 0.95: met" in Figure("fed training", "cache", 224, 256, 0.001, "one batch", 0.001, target=0.95).cells()
    absent = Figure("inference", "TensorRT", 224, 1, note="not installed")
    assert (absent.row().ours_ms, absent.row().note, absent.cells()[4]) == (None, "not installed", "-")


def test_a_way_that_fails_costs_no_other_its_figure(monkeypatch):
    from gpu_parts import inference as part
    from gpu_parts.device import open_device
    from gpu_parts.network import densenet121
    from gpu_parts.ways import AUTOCAST, WAYS

    def broken(network, images, device):
        raise torch.OutOfMemoryError("CUDA out of memory\nand more")

    def wrong(network, images, device):
        return lambda batch: 1 + network(batch)

    monkeypatch.setattr(part, "WAYS", {AUTOCAST: WAYS[AUTOCAST], "broken": broken, "wrong": wrong})
    device = open_device("cpu", quick=True, rounds=1)
    figures = part.inference(device, lambda: densenet121(tiny=True), [32], [2], bandwidth=1e9)
    good, failed, apart = figures
    assert good.seconds > 0
    assert good.note == ""
    assert failed.note == "failed: OutOfMemoryError: CUDA out of memory"
    assert apart.note.startswith("WRONG: probabilities are 0.")


def test_what_tensorrt_reads_is_the_network_in_float16():
    onnxruntime = pytest.importorskip("onnxruntime")
    from gpu_parts.network import densenet121
    from gpu_parts.tensorrt_engine import INPUT, onnx_of

    network, images = densenet121(tiny=True).eval(), torch.rand(2, 1, 32, 32)
    session = onnxruntime.InferenceSession(onnx_of(network, images), providers=["CPUExecutionProvider"])
    (logits,) = session.run(None, {INPUT: images.half().numpy()})
    assert logits.dtype == "float16"
    torch.testing.assert_close(torch.from_numpy(logits).float(), network(images).detach(), rtol=0, atol=2e-2)
