import numpy as np
import pytest
import torch
from monai.transforms import Compose, Resize, SpatialPad

from lucency.inference.heatmaps import on_radiograph
from lucency.inference.heatmaps.geometry import seen
from lucency.transforms import CenterSquareCrop

SHAPES = [(64, 64), (97, 61), (61, 97), (250, 33), (40, 41), (301, 300), (1001, 889)]


def preprocess(image, size, fit):
    steps = [CenterSquareCrop()] if fit == "crop" else []
    steps += [Resize(size, size_mode="longest", mode="area"), SpatialPad([size, size])]
    return Compose(steps)(torch.as_tensor(image, dtype=torch.float32)[None])[0].numpy()


def centre_of_mass(image):
    rows, columns = np.indices(image.shape) + 0.5
    return np.array([(rows * image).sum(), (columns * image).sum()]) / image.sum()


def with_marker(shape, size, fit, at):
    """A radiograph with a Gaussian blob, two model pixels wide, at a fraction of what the network sees."""
    (top, bottom), (left, right) = seen(shape, fit)
    pixel = (max(shape) if fit == "pad" else min(shape)) / size
    place = np.array([top + at[0] * (bottom - top), left + at[1] * (right - left)])
    rows, columns = np.indices(shape) + 0.5
    width = max(2 * pixel, 1.0)
    return np.exp(-((rows - place[0]) ** 2 + (columns - place[1]) ** 2) / (2 * width**2)), pixel


@pytest.mark.parametrize("fit", ["pad", "crop"])
@pytest.mark.parametrize("size", [32, 63, 224])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_marker_comes_back_where_it_was_within_half_a_pixel_of_the_model(shape, size, fit):
    for at in [(0.3, 0.7), (0.6, 0.25)]:
        image, pixel = with_marker(shape, size, fit, at)
        back = on_radiograph(preprocess(image, size, fit), size=size, shape=shape, displayed=shape, fit=fit)
        assert back.shape == shape
        inside = np.zeros(shape, dtype=bool)
        inside[tuple(slice(*ends) for ends in seen(shape, fit))] = True
        assert np.abs(centre_of_mass(back) - centre_of_mass(image * inside)).max() < max(0.5 * pixel, 0.5)


@pytest.mark.parametrize("fit", ["pad", "crop"])
def test_a_reduced_picture_shows_the_marker_at_the_same_fraction(fit):
    shape, displayed = (301, 220), (100, 73)
    image, _ = with_marker(shape, 64, fit, (0.3, 0.6))
    heat = preprocess(image, 64, fit)
    whole, reduced = (on_radiograph(heat, size=64, shape=shape, displayed=d, fit=fit) for d in (shape, displayed))
    np.testing.assert_allclose(centre_of_mass(reduced) / displayed, centre_of_mass(whole) / shape, atol=0.005)


@pytest.mark.parametrize("shape", [(90, 60), (60, 90), (61, 90)], ids=str)
def test_what_the_crop_cuts_off_gets_no_heat(shape):
    heat = on_radiograph(np.ones((7, 7)), size=32, shape=shape, displayed=shape, fit="crop")
    (top, bottom), (left, right) = seen(shape, "crop")
    expected = np.zeros(shape)
    expected[top:bottom, left:right] = 1
    np.testing.assert_array_equal(heat, expected)
    marked = CenterSquareCrop()(torch.as_tensor(expected)[None])
    assert marked.shape == (1, min(shape), min(shape))
    assert marked.all()


def test_a_heat_map_in_the_padding_alone_is_not_shown():
    heat = np.zeros((8, 8))
    heat[:2] = heat[-2:] = 1  # rows of padding above and below a wide image, 32 x 16 of 32 x 32
    assert on_radiograph(heat, size=32, shape=(100, 200), displayed=(100, 200))[13:-13].max() == 0


def test_square_cells_are_placed_as_torch_places_them():
    heat = torch.rand(1, 1, 7, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    theirs = torch.nn.functional.interpolate(heat, size=(224, 224), mode="bilinear", align_corners=False)
    ours = on_radiograph(heat[0, 0].numpy(), size=224, shape=(500, 500), displayed=(224, 224))
    np.testing.assert_allclose(ours, theirs[0, 0], atol=1e-6)
