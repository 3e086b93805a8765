"""The images of the benchmarks hold what was drawn, in every syntax; the road they are compared with is exact."""

import io
import sys
from types import SimpleNamespace

import numpy as np
import pydicom
import pytest

from lucency.transforms import read_radiograph
from support import script


@pytest.fixture
def image():
    """A smooth picture of 64 x 48."""
    rows, columns = np.mgrid[0:64, 0:48]
    return ((np.sin(rows / 9) * np.cos(columns / 7) + 1) / 2).astype(np.float32)


@pytest.mark.parametrize("bits", [12, 15])
def test_every_syntax_holds_the_same_picture(part, image, tmp_path, bits):
    radiographs = part("radiographs")
    stored = radiographs.encoding_of(bits).store(image)
    for syntax, kind in radiographs.SYNTAXES.items():
        content = radiographs.encoded(image, syntax, bits)
        dataset = pydicom.dcmread(io.BytesIO(content))
        assert dataset.file_meta.TransferSyntaxUID == kind
        assert (dataset.BitsStored, dataset.HighBit) == (bits, bits - 1)
        np.testing.assert_array_equal(dataset.pixel_array, stored, err_msg=syntax)
        (file := tmp_path / "a.dcm").write_bytes(content)
        np.testing.assert_allclose(read_radiograph(file), image, atol=2 / 2**bits, err_msg=syntax)


@pytest.mark.parametrize(("source", "target"), [(6, 4), (7, 3), (5, 5), (64, 9)])
def test_area_weights_average_what_each_pixel_covers(part, source, target):
    values = np.random.default_rng(0).random(source)
    expected = np.repeat(values, target).reshape(target, source).mean(axis=1)
    np.testing.assert_allclose(part("exactness").area_weights(source, target) @ values, expected, rtol=1e-13)


def test_exact_road_and_the_errors_beside_it(part, image, tmp_path):
    exactness = part("exactness")
    (file := tmp_path / "a.dcm").write_bytes(part("radiographs").encoded(image, "RLE", 15))
    expected = exactness.reference(file, (16, 12))
    np.testing.assert_allclose(expected, image.reshape(16, 4, 12, 4).mean(axis=(1, 3)), atol=2 / 2**15)
    wrong = expected.copy()
    wrong[0, 0] += 0.5  # in the border
    assert exactness.errors(wrong, expected) == pytest.approx((0.5, 0.5 / np.sqrt(16 * 12), 0.0))


def test_enlarged_radiograph_has_the_benchmarks_size(part, image, tmp_path, monkeypatch):
    radiographs = part("radiographs")
    monkeypatch.setattr(radiographs, "ROWS", 128)
    monkeypatch.setattr(radiographs, "COLUMNS", 96)
    (file := tmp_path / "a.dcm").write_bytes(radiographs.encoded(image, "uncompressed", 15))
    large = radiographs.enlarged(file)
    assert (large.shape, large.dtype) == ((128, 96), np.float32)
    small = large.reshape(64, 2, 48, 2).mean(axis=(1, 3))
    assert np.sqrt(np.mean((small - image) ** 2)) < radiographs.GRAIN


@pytest.mark.slow
def test_loader_compares_every_syntax(part, tmp_path, monkeypatch, capsys):
    radiographs = part("radiographs")
    monkeypatch.setattr(radiographs, "ROWS", 520)  # large enough for one halving of JPEG 2000
    monkeypatch.setattr(radiographs, "COLUMNS", 480)
    figures = tmp_path / "loader.json"
    monkeypatch.setattr(sys, "argv", ["loader.py", "--rounds", "1", "--json", str(figures)])
    SimpleNamespace(**script("scripts/benchmarks/loader.py")).main()
    rows, about = part("rows").read(figures)
    assert {row.what for row in rows if row.peer.startswith("monai")} == {
        f"file to tensor, {syntax}" for syntax in radiographs.SYNTAXES
    }
    errors = [row for row in rows if row.unit == "of the range" and row.at_most is not None]
    assert len(errors) == len(radiographs.SYNTAXES) + 2
    assert all(row.met for row in errors)
    assert about["versions"]["monai"]
    assert "share of the limit" in capsys.readouterr().out


def test_inference_asks_the_fastest_for_the_targets(part, monkeypatch):
    inference = SimpleNamespace(**script("scripts/benchmarks/inference.py"))
    names = ("torch fp32", "ONNX Runtime fp32", "OpenVINO fp32", "OpenVINO bf16")
    ms = dict(zip(names, (60.0, 40.0, 45.0, 10.0), strict=True)) | {"TorchXRayVision": 250.0, "MONAI evaluator": 150.0}
    rows = inference.table("uncompressed", ms)
    goals = {(row.what.rpartition(", ")[2], row.peer_ms): (row.target, row.met) for row in rows if row.peer}
    assert goals == {
        ("OpenVINO bf16", 250.0): (20.0, True),
        ("OpenVINO bf16", 150.0): (16.0, False),
        ("ONNX Runtime fp32", 250.0): (6.0, True),
        ("ONNX Runtime fp32", 150.0): (5.0, False),
    }
    assert [row.ours_ms for row in rows if not row.peer] == [60.0, 40.0, 45.0, 10.0]
