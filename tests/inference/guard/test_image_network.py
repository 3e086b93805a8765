"""The image check on arrays sees and answers what the network that was trained does."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file

from lucency.data.phantom import render
from lucency.engines.weights import load_network_state, read_weights
from lucency.errors import ConfigError
from lucency.inference.guard.image_check import MODEL, ImageCheck
from lucency.inference.guard.image_network import ImageNetwork, seen, undone
from lucency.inference.guard.pose_network import PoseNetwork
from lucency.inference.guard.poses import undone as undone_tensors
from lucency.inference.guard.prepare import prepare


@pytest.fixture(scope="module")
def trained():
    network = PoseNetwork().eval()
    load_network_state(network, read_weights(MODEL), MODEL)
    return network


def test_phantoms_get_the_logits_of_the_network(trained):
    arrays = ImageNetwork(load_file(MODEL))
    for number, size in enumerate((64, 150, 224, 500)):
        image = render(number, seed=3, size=size)[0]
        with torch.inference_mode():
            expected = trained(prepare(torch.from_numpy(image)))[0].numpy()
        np.testing.assert_allclose(arrays(seen(image)), expected, atol=1e-5)


@given(
    rows=st.integers(32, 200),
    columns=st.integers(32, 200),
    levels=st.sampled_from([2, 3, 17, 2**20]),
    frame=st.integers(0, 20),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=40, deadline=None)
def test_it_sees_the_same_to_the_last_bit(rows, columns, levels, frame, seed):
    rng = np.random.default_rng(seed)
    image = np.pad(rng.integers(0, levels, (rows, columns)).astype(np.float32) / (levels - 1), frame)
    assert np.array_equal(seen(image), prepare(torch.from_numpy(image))[0, 0].numpy())


def test_a_flat_or_black_image_is_seen_alike():
    for image in (np.zeros((70, 90), np.float32), np.full((231, 190), 0.3, np.float32)):
        assert np.array_equal(seen(image), prepare(torch.from_numpy(image))[0, 0].numpy())


def test_poses_are_undone_alike():
    image = np.arange(16, dtype=np.float32).reshape(4, 4)
    assert np.array_equal(undone(image), undone_tensors(torch.from_numpy(image)[None, None])[:, 0].numpy())


@pytest.mark.parametrize(
    "change", [lambda s: s.pop("answer.0.bias"), lambda s: s.update({"answer.2.bias": s["answer.0.bias"]})]
)
def test_other_weights_are_refused(change):
    state = load_file(MODEL)
    change(state)
    with pytest.raises((KeyError, ValueError)):
        ImageNetwork(state)


@pytest.mark.parametrize("content", [None, b"", b"no tensors"])
def test_weights_that_are_missing_or_damaged_are_one_line(tmp_path, content):
    path = tmp_path / MODEL.name
    path.with_suffix(".yaml").write_bytes(MODEL.with_suffix(".yaml").read_bytes())
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match="holds no weights of the image check"):
        ImageCheck(path)
