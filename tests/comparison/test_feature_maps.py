"""Feature maps: their file, and how batches are made of them."""

import numpy as np
import pytest
import torch

from lucency.comparison import PooledLinear, random_projection, read_feature_maps, write_feature_maps
from lucency.comparison.batches import Inputs
from lucency.data import read_study_table
from lucency.data.phantom import write_phantom
from lucency.errors import ConfigError


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return write_phantom(tmp_path_factory.mktemp("phantom"), images=4, size=32, workers=1, format="png")


@pytest.fixture
def maps():
    return np.random.default_rng(0).normal(2, 3, size=(4, 5, 3, 2)).astype(np.float16)


def test_what_is_written_is_read_without_being_loaded(table, maps, tmp_path):
    path = write_feature_maps(tmp_path / "maps.npy", maps, table)
    read = read_feature_maps(path, table)
    assert isinstance(read, np.memmap)
    np.testing.assert_array_equal(read, maps)
    torch.as_tensor(read)[0] = 0  # a change stays in memory
    np.testing.assert_array_equal(read_feature_maps(path, table), maps)


def test_maps_of_another_table_and_files_that_are_none_are_told(table, maps, tmp_path):
    path = write_feature_maps(tmp_path / "maps.npy", maps, table)
    frame = read_study_table(table)
    frame["effusion"] = "positive"
    other = tmp_path / "other.csv"
    frame.to_csv(other, index=False)
    vectors = write_feature_maps(tmp_path / "vectors.npy", maps[:, :, 0, 0], table)
    (tmp_path / "broken.npy").write_bytes(b"x")
    (tmp_path / "broken.json").write_text("{}")
    for file, of, words in (
        (path, other, "was made from another table"),
        (vectors, table, "holds .4, 5., no maps"),
        (tmp_path / "absent.npy", table, "not readable as feature maps"),
        (tmp_path / "broken.npy", table, "not readable as feature maps"),
    ):
        with pytest.raises(ConfigError, match=words) as raised:
            read_feature_maps(file, of)
        assert "\n" not in str(raised.value)
    with pytest.raises(ConfigError, match=r"kept as \.npy"):
        write_feature_maps(tmp_path / "maps.npz", maps, table)


def test_distances_survive_the_projection():
    rng = np.random.default_rng(1)
    points = np.abs(rng.normal(size=(40, 1280)))
    matrix = random_projection(1280, 256)
    np.testing.assert_array_equal(matrix, random_projection(1280, 256))
    pairs = np.triu_indices(40, 1)
    before, after = (
        np.linalg.norm(values[pairs[0]] - values[pairs[1]], axis=1) for values in (points, points @ matrix)
    )
    assert abs((after / before).mean() - 1) < 0.02
    assert (after / before).std() < 2 / np.sqrt(2 * 256)
    for kept in (0, 1281):
        with pytest.raises(ConfigError, match=f"maps of {kept} channels cannot be had"):
            random_projection(1280, kept)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_each_channel_is_standardised_by_the_training_images_and_all_places(make_study, dtype):
    maps = np.random.default_rng(2).normal(size=(240, 3, 4, 2)) * [[[[5]], [[1]], [[0.1]]]] + [[[[9]], [[0]], [[-1]]]]
    study = make_study(inputs=maps.astype(dtype))
    inputs = Inputs(study, "cpu")
    train = inputs.batch(study.rows("train"))
    assert train.dtype == torch.float32
    assert train.shape == (144, 3, 4, 2)
    np.testing.assert_allclose(train.mean(dim=(0, 2, 3)), 0, atol=1e-3)
    np.testing.assert_allclose(train.std(dim=(0, 2, 3), unbiased=False), 1, atol=1e-3)
    own = study.inputs[study.rows("train")].astype(np.float64)
    channel = (study.inputs[7, 1].astype(np.float64) - own[:, 1].mean()) / own[:, 1].std()
    np.testing.assert_allclose(inputs.batch(np.array([7]))[0, 1], channel, atol=1e-4)


def test_the_plain_head_is_a_linear_layer_on_the_mean_over_places():
    head, maps = PooledLinear(5, 2), torch.rand(3, 5, 4, 4)
    expected = maps.flatten(2).mean(dim=2) @ head.out.weight.T + head.out.bias
    torch.testing.assert_close(head(maps), expected)
