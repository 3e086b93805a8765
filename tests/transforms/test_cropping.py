"""The centred square crop, alone and in a chain that is undone."""

import numpy as np
import pytest
import torch
from monai.data import MetaTensor
from monai.transforms import Compose, Resized

from lucency.transforms import CenterSquareCrop, CenterSquareCropd


@pytest.mark.parametrize(("height", "width"), [(40, 30), (30, 40), (31, 20), (20, 31), (7, 7), (1, 9)])
def test_the_square_is_centred_and_as_large_as_can_be(height, width):
    image = torch.arange(height * width, dtype=torch.float32).reshape(1, height, width)
    side = min(height, width)
    top, left = (height + 1 - side) // 2, (width + 1 - side) // 2
    cropped = CenterSquareCrop()(image)
    for row, column in ((top, left), ((height - side) // 2, (width - side) // 2)):  # odd rests may go to either side
        if torch.equal(cropped, image[:, row : row + side, column : column + side]):
            return
    pytest.fail(f"{tuple(cropped.shape)} is not the centre")


def test_the_dictionary_form_crops_its_keys_only_and_is_invertible():
    image = MetaTensor(torch.rand(1, 40, 30))
    crop = CenterSquareCropd("image")
    data = crop({"image": image, "other": image})
    assert data["image"].shape == (1, 30, 30)
    assert data["other"].shape == (1, 40, 30)
    restored = crop.inverse(data)["image"]
    assert restored.shape == (1, 40, 30)
    np.testing.assert_array_equal(restored[:, 5:35], image[:, 5:35])


def test_it_may_wait_for_the_resize():
    image = MetaTensor(torch.rand(1, 40, 30))
    steps = [CenterSquareCropd("image"), Resized("image", spatial_size=(15, 15), mode="bilinear")]
    lazy = Compose(steps, lazy=True)({"image": image})["image"]
    eager = Compose(steps)({"image": image})["image"]
    assert lazy.shape == eager.shape == (1, 15, 15)


def test_a_missing_key_may_be_allowed():
    assert CenterSquareCropd("image", allow_missing_keys=True)({}) == {}
    with pytest.raises(KeyError):
        CenterSquareCropd("image")({})
