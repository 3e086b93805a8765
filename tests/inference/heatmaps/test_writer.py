import inspect
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from pydicom import dcmread
from torch import nn

from lucency.errors import ConfigError, LucencyError
from lucency.inference.heatmaps import HeatmapWriter, caption, writer
from lucency.inference.heatmaps.geometry import seen
from lucency.inference.heatmaps.overlay import screen_size
from lucency.results.model_identity import ModelIdentity
from lucency.results.schema import FindingResult, ImageResult
from lucency.transforms import read_radiograph
from references.dicom_files import dataset_of, save, wedge
from references.known_attention import Attending
from references.known_evidence import Quadrants

FINDINGS = ["effusion", "mass", "nodule", "my_finding"]
MODEL = ModelIdentity(name="bundle", version="1.2.3", findings=tuple(FINDINGS), weights_sha256="0a")
STUDY = {"StudyInstanceUID": "1.2.3", "SeriesInstanceUID": "1.2.3.4"}


def image(size=32):
    return torch.rand(1, size, size, generator=torch.Generator().manual_seed(0)) + torch.linspace(0, 1, size)


def result(x=None, file="sub/a.png", decisions=None, network=None):
    with torch.no_grad():
        raw = torch.sigmoid((network or Quadrants())(image()[None] if x is None else x[None]))[0].tolist()
    findings = [
        FindingResult(
            finding=name,
            probability=value / 2,
            raw_probability=value,
            calibration="platt",
            decision=(decisions or {}).get(name),
            threshold=0.1 if decisions else None,
        )
        for name, value in zip(FINDINGS, raw, strict=True)
    ]
    return ImageResult(file=file, status="ok", findings=tuple(findings))


def png(folder, shape=(60, 48)):
    rows, columns = np.indices(shape)
    path = folder / "source.png"
    Image.fromarray((255 * (rows / shape[0] + columns / shape[1]) / 2).astype(np.uint8)).save(path)
    return path


def dicom(folder, **elements):
    (folder / "in").mkdir(exist_ok=True)
    return save(dataset_of(wedge(), 12, **STUDY, **elements), folder / "in" / "a.dcm")


def make(folder, network=None, **options):
    options = {"layer": "features", "model": MODEL, "findings": FINDINGS, **options}
    return HeatmapWriter(folder=folder / "out", network=network or Quadrants(), **options)


def written(folder):
    return {str(p.relative_to(folder / "out")): p.read_bytes() for p in (folder / "out").rglob("*") if p.is_file()}


def names(folder):
    return {Path(path).stem for path in written(folder)}


def test_one_file_a_finding_lies_below_the_name_of_the_image(tmp_path):
    make(tmp_path, show=FINDINGS).write(result(), png(tmp_path), image())
    assert set(written(tmp_path)) == {f"sub/a.png/{name}.png" for name in FINDINGS}


def test_both_formats_show_the_same_picture(tmp_path):
    make(tmp_path, formats=["png", "dicom"], show=["mass"]).write(result(file="a.dcm"), dicom(tmp_path), image())
    folder = tmp_path / "out" / "a.dcm"
    dataset = dcmread(folder / "mass.dcm")
    np.testing.assert_array_equal(dataset.pixel_array, np.asarray(Image.open(folder / "mass.png")))
    assert dataset.InstanceNumber == 2
    assert dataset.DerivationDescription.startswith("Mass: Grad-CAM of layer features")


def test_without_decisions_the_three_most_probable_are_shown(tmp_path):
    make(tmp_path).write(result(), png(tmp_path), image())
    ranked = sorted(result().findings, key=lambda finding: finding.probability)
    assert names(tmp_path) == {finding.finding for finding in ranked[1:]}


@pytest.mark.parametrize("show", ["auto", "present"])
def test_with_decisions_those_called_present_are_shown(tmp_path, show):
    decisions = dict(zip(FINDINGS, ["absent", "present", None, "present"], strict=True))
    make(tmp_path, show=show).write(result(decisions=decisions), png(tmp_path), image())
    assert names(tmp_path) == {"mass", "my_finding"}


def test_top_ignores_decisions(tmp_path):
    make(tmp_path, show="top").write(result(decisions=dict.fromkeys(FINDINGS, "absent")), png(tmp_path), image())
    assert len(names(tmp_path)) == 3


def test_nothing_present_means_no_file(tmp_path):
    make(tmp_path).write(result(decisions=dict.fromkeys(FINDINGS, "absent")), png(tmp_path), image())
    assert not (tmp_path / "out").exists()


def test_writing_again_leaves_the_same_bytes(tmp_path):
    source = dicom(tmp_path)
    make(tmp_path, formats=["png", "dicom"]).write(result(file="a.dcm"), source, image())
    first = written(tmp_path)
    make(tmp_path, formats=["png", "dicom"]).write(result(file="a.dcm"), source, image())
    assert written(tmp_path) == first
    assert len(first) == 6


@pytest.mark.parametrize("fit", ["pad", "crop"])
@pytest.mark.parametrize("shape", [(60, 48), (48, 60), (1500, 1201)], ids=str)
def test_heat_lies_where_the_network_found_it(tmp_path, shape, fit):
    """The logit of `mass` looks at the upper right quadrant of what the network sees."""
    source = png(tmp_path, shape)
    make(tmp_path, show=["mass"], fit=fit, baseline="zero").write(result(), source, image())
    picture = np.asarray(Image.open(tmp_path / "out" / "sub/a.png" / "mass.png"), dtype=int)
    displayed = screen_size(shape)
    left = (picture.shape[1] - displayed[1]) // 2
    picture = picture[: displayed[0], left : left + displayed[1]]
    coloured = np.ptp(picture, axis=2) > 10
    (top, bottom), (first, last) = seen(shape, fit)
    scale = displayed[0] / shape[0]
    side = max(shape) if fit == "pad" else min(shape)
    row, column = scale * (top + bottom) / 2, scale * (first + last) / 2
    cell = scale * side / 8
    assert coloured[int(scale * top) + 2 : int(row - cell), int(column + cell) : int(scale * last) - 2].all()
    assert not coloured[int(row + cell) :].any()
    assert not coloured[:, : int(column - cell)].any()


def test_weak_evidence_is_not_blown_up(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        writer, "draw_overlay", lambda r, strength, s: drawn.append(strength) or writer_overlay(r, strength, s)
    )
    scales = []
    monkeypatch.setattr(
        writer, "caption", lambda f, scale, source: scales.append(scale) or caption.caption(f, scale, source)
    )
    for amount in (0.01, 0.2, 3.0):
        x = amount * image()
        make(tmp_path, show=["mass"], baseline="zero").write(result(x), png(tmp_path), x)
    nothing, weak, strong = (float(strength.max()) for strength in drawn)
    assert nothing < 0.1
    assert weak == pytest.approx(20 * nothing, rel=1e-3)
    assert weak < 0.5
    assert strong > 0.9
    assert scales[0].startswith("no place stands out (+0.0")
    assert scales[1] == f"no evidence {caption.BAR} +1.0 log-odds"
    assert scales[2].startswith(f"no evidence {caption.BAR} +")


writer_overlay = writer.draw_overlay


@pytest.mark.parametrize(
    ("focus", "strongest", "scale"),
    [
        (0.0, 0.0, "no place stands out (1.00 times the average at most)"),
        (0.02, 0.06, "no place stands out (1.06 times the average at most)"),
        (0.2, 0.6, f"average attention {caption.BAR} 2.0 times the average"),
        (0.9, 1.0, f"average attention {caption.BAR} 3.7 times the average"),
    ],
)
def test_attention_is_drawn_in_multiples_of_the_average(tmp_path, monkeypatch, focus, strongest, scale):
    """With a focus f the upper right quarter of the places gets 1 + 3 f times the average attention."""
    drawn, scales = [], []
    monkeypatch.setattr(
        writer, "draw_overlay", lambda r, strength, s: drawn.append(strength) or writer_overlay(r, strength, s)
    )
    monkeypatch.setattr(writer, "caption", lambda f, *lines: scales.append(lines) or caption.caption(f, *lines))
    make(tmp_path, network=Attending(focus), show=["mass"], method="attention").write(
        result(), png(tmp_path, (64, 64)), image()
    )
    assert drawn[0].max() == pytest.approx(strongest, abs=1e-5)
    middle = drawn[0].shape[0] // 2
    assert drawn[0][middle + middle // 8 :].max() < 1e-5
    assert scales == [(scale, "Attention (where the network looks), bundle 1.2.3")]


def test_attention_as_dicom_names_no_layer(tmp_path):
    network = Attending()
    make(tmp_path, network=network, show=["mass"], method="attention", formats=["dicom"]).write(
        result(file="a.dcm"), dicom(tmp_path), image()
    )
    dataset = dcmread(tmp_path / "out" / "a.dcm" / "mass.dcm")
    assert dataset.DerivationDescription.startswith("Mass: Attention (where the network looks) over the radiograph.")
    assert "layer" not in dataset.DerivationDescription
    assert dataset.DerivationCodeSequence[0].CodeMeaning == "Visual explanation"


def test_the_picture_holds_no_patient_data(tmp_path):
    for name in ("One^Patient", "Another^Person"):
        (tmp_path / name).mkdir()
        source = dicom(tmp_path / name, PatientName=name, PatientID=name)
        make(tmp_path / name, formats=["png"]).write(result(file="a.dcm"), source, image())
    assert written(tmp_path / "One^Patient") == written(tmp_path / "Another^Person")


def test_dicom_of_a_png_is_one_line_and_the_png_is_written(tmp_path):
    with pytest.raises(LucencyError, match="no DICOM header") as caught:
        make(tmp_path, formats=["dicom", "png"], show=["mass"]).write(result(), png(tmp_path), image())
    assert "\n" not in str(caught.value)
    assert set(written(tmp_path)) == {"sub/a.png/mass.png"}


@pytest.mark.parametrize("content", [None, b"", b"not an image", b"\x89PNG broken"])
def test_a_source_that_cannot_be_read_is_one_line(tmp_path, content):
    source = tmp_path / "source.png"
    if content is not None:
        source.write_bytes(content)
    with pytest.raises(LucencyError, match=r"source\.png") as caught:
        make(tmp_path).write(result(), source, image())
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_network_that_did_not_give_the_result_explains_nothing(tmp_path):
    with pytest.raises(LucencyError, match=r"sub/a\.png.*gives 0\.\d+ for effusion, the result says 0\.\d+"):
        make(tmp_path, network=Quadrants(caution=2.0)).write(result(), png(tmp_path), image())
    assert not (tmp_path / "out").exists()


def test_weights_that_are_not_numbers_explain_nothing(tmp_path):
    network = Quadrants()
    nn.init.constant_(network.head.weight, torch.nan)
    with pytest.raises(LucencyError, match="not finite"):
        make(tmp_path, network=network).write(result(), png(tmp_path), image())


def test_present_needs_operating_points(tmp_path):
    with pytest.raises(LucencyError, match=r"without operating points.*site\.yaml"):
        make(tmp_path, show="present").write(result(), png(tmp_path), image())


def test_another_number_of_logits_is_named(tmp_path):
    with pytest.raises(ConfigError, match="4 logits for 5 findings"):
        make(tmp_path, findings=[*FINDINGS, "hernia"]).write(result(), png(tmp_path), image())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"show": ["masss"]}, "show has 'masss'; did you mean 'mass'"),
        ({"show": "tops"}, "show has 'tops'; did you mean 'top'"),
        ({"fit": "stretch"}, "fit has 'stretch'"),
        ({"formats": ["jpeg"]}, "formats has 'jpeg'"),
        ({"formats": "pngs"}, "formats has 'pngs'; did you mean 'png'"),
        ({"layer": "feature"}, "near names are features"),
        ({"method": "cam"}, "method is 'cam'"),
        ({"method": "attention"}, r"Quadrants has no attention\(image\).*set heatmap_method to gradcam"),
    ],
)
def test_misspelt_options_are_found_at_once(tmp_path, options, message):
    with pytest.raises(ConfigError, match=message):
        make(tmp_path, **options)


def test_every_option_is_described():
    described = inspect.getdoc(HeatmapWriter)
    assert all(f"{name}: " in described for name in inspect.signature(HeatmapWriter).parameters)


def test_pictures_of_real_radiographs(tmp_path, real_data):
    for source in sorted((real_data / "dicom_corpus" / "cxr").glob("*.dcm")):
        make(tmp_path, show=["mass"]).write(result(file=source.name), source, image())
        picture = Image.open(tmp_path / "out" / source.name / "mass.png")
        rows, columns = screen_size(read_radiograph(source).shape)
        assert max(rows, columns) <= 1024
        assert picture.height > rows
        assert picture.width >= columns
