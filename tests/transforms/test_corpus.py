"""Real files of many makers: each is displayed as the reference displays it, or refused in one line."""

import csv

import numpy as np
import pytest
from pydicom import dcmread

from lucency.transforms import RadiographError, read_radiograph
from references.display import reference_display

REFUSED = ("fail", "skip", "multi-frame")  # how index.csv begins to speak of what cannot be read as one grey image
COLOUR = "not_chest/vet_limb_DX_ybr.dcm"
NO_REFERENCE = "syntax_and_lut/JPEG_extended_12bit.dcm"  # pydicom itself has no decoder for it
METAMORPHIC = "metamorphic_CR-MONO1-10"
EQUAL = ("00", "01", "02", "03", "04", "05", "06", "07", "10", "11", "12", "13", "14", "20", "21", "22", "23")
REFUSED_VARIANTS = ("30", "31")


@pytest.fixture(scope="module")
def listed(corpus):
    with (corpus / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["file"]: row["expectation"] for row in csv.DictReader(file)}
    return {name: text for name, text in rows.items() if (corpus / name).is_file()}


def is_refused(name, expectation):
    return name == COLOUR or expectation.startswith(REFUSED)


def turned(dataset, levels):
    """Lay the reference upright; in this corpus only rows running to the patient's right occur."""
    orientation = dataset.get("PatientOrientation") or ["", ""]
    assert orientation[0] in ("", "L", "R")
    assert orientation[1][:1] in ("", "F", "P")
    return levels[:, ::-1] if orientation[0] == "R" else levels


def test_every_unreadable_file_is_refused_in_one_line(corpus, listed):
    names = [name for name, expectation in listed.items() if is_refused(name, expectation)]
    assert len(names) >= 20
    for name in names:
        with pytest.raises(RadiographError) as caught:
            read_radiograph(corpus / name)
        assert str(caught.value).startswith(f"{corpus / name}: ")
        assert "\n" not in str(caught.value)
        assert caught.value.reason


@pytest.mark.slow
def test_every_readable_file_equals_the_reference(corpus, listed):
    names = [name for name, expectation in listed.items() if not is_refused(name, expectation)]
    assert len(names) >= 15
    for name in names:
        image = read_radiograph(corpus / name)
        assert image.dtype == np.float32
        assert np.isfinite(image).all()
        assert 0 <= image.min() < image.max() <= 1
        if name != NO_REFERENCE:
            dataset = dcmread(corpus / name)
            expected = turned(dataset, reference_display(dataset))
            np.testing.assert_allclose(image, expected, rtol=0, atol=1e-5, err_msg=name)


def variants(corpus, prefixes):
    return [path for path in sorted((corpus / METAMORPHIC).glob("*.dcm")) if path.name[:2] in prefixes]


def test_one_chest_encoded_many_ways_gives_one_answer(corpus):
    base, *others = variants(corpus, EQUAL)
    expected = read_radiograph(base)
    assert len(others) >= 10
    for path in others:
        np.testing.assert_allclose(read_radiograph(path), expected, rtol=0, atol=1e-3, err_msg=path.name)


def test_without_a_window_it_is_near(corpus):
    (base,), (bare,) = variants(corpus, ("00",)), variants(corpus, ("15",))
    assert np.corrcoef(read_radiograph(base).ravel(), read_radiograph(bare).ravel())[0, 1] > 0.999


def test_spoilt_variants_are_refused(corpus):
    paths = variants(corpus, REFUSED_VARIANTS)
    assert paths
    for path in paths:
        with pytest.raises(RadiographError):
            read_radiograph(path)


def test_a_marked_lie_in_the_header_is_believed(corpus):
    """The tag decides: the same pixels under MONOCHROME1 come out inverted."""
    honest = read_radiograph(corpus / "cxr" / "siim_8323329.6904_jpegbaseline.dcm")
    lying = read_radiograph(corpus / "cxr" / "siim_fake_MONOCHROME1.dcm")
    np.testing.assert_allclose(lying, 1 - honest, rtol=0, atol=1e-6)


def test_one_film_in_two_syntaxes_is_much_alike(corpus):
    """The NEMA film in JPEG 2000 and raw differs by its encoder's noise alone."""
    raw = read_radiograph(corpus / "cxr" / "RG1_UNCI_mono1_15bit.dcm")
    packed = read_radiograph(corpus / "cxr" / "RG1_J2KR_mono1_15bit.dcm")
    assert np.abs(raw - packed).mean() < 0.01
