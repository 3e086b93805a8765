import numpy as np
import pytest
from PIL import Image

from lucency.inference.heatmaps.caption import BAR, NARROWEST, add_caption, caption
from lucency.inference.heatmaps.overlay import LONGEST, STRONGEST_ALPHA, colours_of, draw_overlay, screen_size
from lucency.results.schema import NOTICE, FindingResult


def lightness(colours):
    """CIE 1976 L* of sRGB colours in [0, 1]."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    return np.where(luminance > (6 / 29) ** 3, 116 * np.cbrt(luminance) - 16, luminance * 24389 / 27)


def test_more_evidence_is_always_lighter_by_equal_steps():
    steps = np.diff(lightness(colours_of(np.linspace(0, 1, 17))))
    assert steps.min() > 0
    assert steps.max() < 2 * steps.mean()


@pytest.mark.parametrize("shape", [(10, 10), (600, 400), (300, 4000), (3001, 2500), (2, 9000)], ids=str)
def test_pictures_fit_the_screen_and_keep_their_shape(shape):
    rows, columns = screen_size(shape)
    assert LONGEST[0] <= max(rows, columns) <= LONGEST[1]
    scale = max(rows, columns) / max(shape)
    assert abs(rows - shape[0] * scale) <= 1
    assert abs(columns - shape[1] * scale) <= 1


def test_no_evidence_leaves_the_radiograph_as_it_is():
    radiograph = np.random.default_rng(0).random((40, 30), dtype=np.float32)
    overlay = draw_overlay(radiograph, np.zeros((40, 30)))
    np.testing.assert_array_equal(overlay, np.rint(radiograph * 255).astype(np.uint8)[..., None].repeat(3, axis=2))


def test_the_radiograph_shows_through_the_strongest_evidence():
    dark, light = (draw_overlay(np.full((1, 1), grey), np.ones((1, 1)))[0, 0].astype(int) for grey in (0.2, 0.8))
    np.testing.assert_allclose(light - dark, 0.6 * 255 * (1 - STRONGEST_ALPHA), atol=1.5)


def test_what_the_network_did_not_see_is_dimmed():
    overlay = draw_overlay(np.ones((6, 4)), np.zeros((6, 4)), seen=((1, 5), (0, 4)))
    assert (overlay[1:5] == 255).all()
    assert (overlay[[0, 5]] == 128).all()


RESULT = FindingResult(finding="effusion", probability=0.871, raw_probability=0.5, calibration="shared platt")


def test_the_caption_says_what_a_reader_must_know():
    decided = RESULT.model_copy(update={"decision": "absent", "threshold": 0.9, "operating_point": "ppv 0.5"})
    assert caption(RESULT, "scale", "source") == [
        "Pleural effusion",
        "probability 0.871 (shared platt), no operating point",
        "scale",
        "source",
        "NOT FOR CLINICAL USE",
    ]
    assert caption(decided, "", "")[:2] == [
        "Pleural effusion: absent",
        "probability 0.871 (shared platt), threshold 0.900 (ppv 0.5)",
    ]
    assert NOTICE.startswith(caption(RESULT, "", "")[-1])


@pytest.mark.parametrize("shape", [(512, 512), (1024, 700), (512, 60)], ids=str)
def test_the_caption_stands_below_the_picture_and_hides_nothing(shape):
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    captioned = add_caption(picture, caption(RESULT, f"image average {BAR} +2.1 log-odds", "source"))
    left = (captioned.shape[1] - shape[1]) // 2
    np.testing.assert_array_equal(captioned[: shape[0], left : left + shape[1]], picture)
    assert captioned.shape[1] >= NARROWEST
    assert captioned[shape[0] :].max() == 255


def test_a_long_line_is_set_smaller_instead_of_cut():
    picture = np.zeros((512, 512, 3), np.uint8)
    text = add_caption(picture, ["x" * 90])[512:]
    assert text.max() > 0
    assert text[:, -8:].max() == 0


def test_the_bar_has_the_colours_of_the_picture():
    grey = np.full((512, 512), 128 / 255)
    captioned = add_caption(draw_overlay(grey, np.ones((512, 512))), [f"a {BAR} b"])
    full = captioned[0, 0]
    assert (captioned[512:] == full).all(axis=-1).any()
    assert Image.fromarray(captioned).mode == "RGB"
