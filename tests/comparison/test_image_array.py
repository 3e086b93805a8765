"""The array holds what the bundles' own preprocessing makes of the same files."""

from pathlib import Path

import numpy as np
import pytest
from monai.bundle import ConfigParser
from PIL import Image

from lucency.comparison import image_array
from lucency.data import read_study_table
from lucency.data.phantom import write_phantom
from lucency.errors import ConfigError, LucencyError

INFERENCE = Path(__file__).parents[2] / "bundles" / "cxr_spml_classification" / "configs" / "inference.yaml"


@pytest.fixture
def table(tmp_path):
    path = write_phantom(tmp_path, images=4, size=48, workers=1, format="png")
    first = tmp_path / read_study_table(path)["image"][0]
    wide = np.asarray(Image.open(first))[8:40]  # 32 rows, 48 columns
    Image.fromarray(wide).save(first)
    return path


def test_it_is_close_to_the_preprocessing_of_the_bundle(table, tmp_path):
    parser = ConfigParser()
    parser.read_config(str(INFERENCE))
    parser["image_size"] = 24
    transforms = parser.get_parsed_content("preprocessing")
    images = image_array(table, 24, cache=tmp_path / "cache")
    assert images.shape == (4, 24, 24)
    for name, image in zip(read_study_table(table)["image"], images, strict=True):
        prepared = transforms({"image": str(tmp_path / name)})["image"]
        assert np.abs(image - 255 * np.asarray(prepared)[0]).mean() < 3  # MONAI averages whole pixels, the reader areas
    assert (images[0, :4] == 0).all()  # padded
    assert (images[0, 4:20] > 0).any()


def test_it_is_read_once_until_a_file_changes(table, tmp_path):
    cache = tmp_path / "cache"
    first = image_array(table, 8, cache=cache)
    (file,) = cache.iterdir()
    np.save(file, 255 - first)
    np.testing.assert_array_equal(image_array(table, 8, cache=cache), 255 - first)
    image = tmp_path / read_study_table(table)["image"][1]
    Image.fromarray(np.asarray(Image.open(image))[::-1, ::2]).save(image)
    assert not np.array_equal(image_array(table, 8, cache=cache)[1], 255 - first[1])
    assert len(list(cache.iterdir())) == 2


def test_what_cannot_be_read_is_named(table, tmp_path):
    with pytest.raises(ConfigError, match="size is 0"):
        image_array(table, 0, cache=tmp_path)
    image = tmp_path / read_study_table(table)["image"][2]
    image.write_text("no image")
    with pytest.raises(LucencyError, match=rf"{image.name}: cannot be read as a radiograph"):
        image_array(table, 8, cache=tmp_path)
