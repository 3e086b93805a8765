"""The shipped golden tests, and making one of one's own."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from monai.networks.nets import DenseNet121
from pydicom import dcmread
from torch import nn

from lucency.bundle.runner import config_files
from lucency.errors import ConfigError
from lucency.files import sha256_of
from lucency.release.check import TOLERANCE, check_bundle
from lucency.release.golden import (
    BundlePipeline,
    SeededWeights,
    StoredWeights,
    draw_golden_images,
    golden_images,
    read_golden,
    seeded_state,
    seeded_weights,
    write_golden,
)
from support import BUNDLE, FINDINGS, TINY

BUNDLES = sorted(path.parents[1] for path in BUNDLE.parent.glob("*/configs/metadata.json"))
each_bundle = pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
SMALL = {key: value for key, value in TINY.items() if key.startswith("network_def")}
SMALL |= {"findings": FINDINGS, "image_size": 32}


@pytest.fixture
def copied(tmp_path):
    """The bundle in a folder of the test's own."""
    shutil.copytree(BUNDLE, tmp_path / "bundle", ignore=shutil.ignore_patterns("models", "eval"))
    return tmp_path / "bundle"


@pytest.fixture
def weights(copied, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    return seeded_weights(BundlePipeline(copied, SMALL), 4, folder)


@each_bundle
def test_shipped_images_are_small_and_stored_in_different_ways(bundle):
    golden = read_golden(bundle / "golden" / "golden.json")
    files = golden_images(bundle)
    assert [image.file for image in golden.images] == [file.name for file in files]
    assert [image.sha256 for image in golden.images] == [sha256_of(file) for file in files]
    assert all(file.stat().st_size <= 150_000 for file in files)
    headers = [dcmread(file, stop_before_pixels=True) for file in files]
    assert all(header.PatientID.startswith("PHANTOM-") for header in headers)
    assert {header.PhotometricInterpretation for header in headers} == {"MONOCHROME1", "MONOCHROME2"}
    assert len({header.file_meta.TransferSyntaxUID for header in headers}) == len(files) == 3
    assert len({np.sign(int(header.Rows) - int(header.Columns)) for header in headers}) == 3
    assert {header.PixelRepresentation for header in headers} == {0, 1}


@each_bundle
def test_shipped_probabilities_are_torchs_and_well_conditioned(bundle, tmp_path):
    (torch_alone,) = check_bundle(bundle, backends=["torch"])
    assert (torch_alone.outcome, torch_alone.reason) == ("equal", None)
    golden, pipeline = read_golden(bundle / "golden" / "golden.json"), BundlePipeline(bundle)
    assert golden.weights == SeededWeights(seeded=0)
    assert golden.findings == pipeline.findings
    expected = torch.tensor([list(image.probabilities.values()) for image in golden.images], dtype=torch.float64)
    between_images = (expected.amax(0) - expected.amin(0)).sort().values
    assert between_images[0] > 20 * TOLERANCE
    assert between_images.median() > 200 * TOLERANCE
    assert expected.mean(0).std() > 0.1
    network = pipeline.network(seeded_weights(pipeline, 0, tmp_path))
    images = pipeline.preprocess(golden_images(bundle))
    inverted = pipeline.probabilities(1 - images, network)
    assert ((inverted - expected).abs().amax(1) > 200 * TOLERANCE).all()  # a forgotten inversion is seen
    exact = pipeline.probabilities(images[:1].double(), network.double())
    assert (exact - expected[:1]).abs().max() < TOLERANCE / 20  # float32 itself is far from using up the tolerance


def test_images_are_drawn_as_they_were_shipped(tmp_path):
    draw_golden_images(tmp_path / "golden")
    pipeline = BundlePipeline(BUNDLE)
    drawn, shipped = (pipeline.preprocess(golden_images(bundle)) for bundle in (tmp_path, BUNDLE))
    torch.testing.assert_close(drawn, shipped, atol=1e-3, rtol=0)


def test_seeded_weights_follow_from_seed_name_and_shape_alone():
    def network(findings):
        return DenseNet121(2, 1, findings, init_features=8, growth_rate=4, block_config=(1, 1, 1, 1))

    first, wider, other = seeded_state(network(3), 0), seeded_state(network(5), 0), seeded_state(network(3), 1)
    assert list(first) == list(network(3).state_dict())
    for name, tensor in first.items():
        assert tensor.dtype == network(3).state_dict()[name].dtype
        if tensor.shape == wider[name].shape:
            assert torch.equal(tensor, wider[name])
        assert torch.equal(tensor, other[name]) == (not tensor.is_floating_point())
        if name.endswith("running_var"):
            assert (tensor > 0).all()


def test_seeded_weights_are_this_stream_of_pcg64():
    bound = np.sqrt(6 / 4)
    stream = np.random.Generator(np.random.PCG64(np.random.SeedSequence([7, *b"weight"])))
    expected = -bound + 2 * bound * stream.random((3, 4))
    np.testing.assert_allclose(seeded_state(nn.Linear(4, 3), 7)["weight"], expected, rtol=1e-6)


def test_golden_of_ones_own_weights_stands_beside_them(copied, weights):
    file = write_golden(copied, weights=weights, overrides=SMALL)
    assert file == weights.parent / "golden.json"
    golden = read_golden(file)
    assert golden.weights == StoredWeights(sha256=sha256_of(weights))
    assert golden.findings == FINDINGS
    (outcome,) = check_bundle(copied, weights=weights, backends=["torch"], overrides=SMALL)
    assert outcome.outcome == "equal"


def test_a_bundle_without_golden_images_gets_them(copied):
    shutil.rmtree(copied / "golden")
    with pytest.raises(ConfigError, match="holds no golden images; lucency bundle golden"):
        golden_images(copied)
    assert write_golden(copied, seed=3, overrides=SMALL) == copied / "golden" / "golden.json"
    assert len(golden_images(copied)) == 3
    assert read_golden(copied / "golden" / "golden.json").weights == SeededWeights(seeded=3)


def refusal(bundle, **settings):
    with pytest.raises(ConfigError) as caught:
        check_bundle(bundle, backends=["torch"], **settings)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_golden_probabilities_are_not_of(copied, weights):
    assert "golden.json: is not there; lucency bundle golden makes it" in refusal(copied, weights=weights)
    write_golden(copied, weights=weights, overrides=SMALL)
    assert "made for the findings atelectasis, cardiomegaly, effusion; give the same options" in refusal(
        copied, weights=weights
    )
    other = {**SMALL, "image_size": 48}
    assert "made with images of 1 x 32 x 32, not 1 x 48 x 48" in refusal(copied, weights=weights, overrides=other)
    assert "no such key; did you mean 'image_size'" in refusal(copied, overrides={"image_sice": 32})
    seeded_weights(BundlePipeline(copied, SMALL), 5, weights.parent)
    assert "of other weights than" in refusal(copied, weights=weights, overrides=SMALL)
    weights.unlink()
    assert "no weights there" in refusal(copied, weights=weights, overrides=SMALL)


def test_a_changed_image_is_no_golden_image(copied):
    path = golden_images(copied)[0]
    path.write_bytes(path.read_bytes() + b"\0\0")
    assert f"{path}: is absent or not the image of" in refusal(copied)


@pytest.mark.parametrize("content", ["", '{"images": []}', json.dumps({"schema_version": 2})])
def test_an_unreadable_golden_file(copied, content):
    (copied / "golden" / "golden.json").write_text(content)
    assert "does not hold golden probabilities" in refusal(copied)


def test_a_configuration_that_is_no_inference_workflow(copied):
    (file,) = config_files(copied, "inference")
    file.write_text("# nothing\nfindings: [mass]\n")
    with pytest.raises(ConfigError, match="has no key 'preprocessing'"):
        BundlePipeline(copied).preprocess([Path("a.dcm")])
