import hashlib
import json

import pytest

from lucency.errors import ConfigError
from lucency.results import identify_model, read_model_identity
from support import BUNDLE


def identify(weights, **settings):
    return identify_model(bundle_root=BUNDLE, weights=weights, findings=["mass"], settings=settings)


def test_an_identity_names_the_bundle_and_its_weights(tmp_path):
    weights = tmp_path / "model.pt"
    weights.write_bytes(b"weights")
    model = identify(weights, image_size=64)
    assert model.name == BUNDLE.name
    assert model.version == json.loads((BUNDLE / "configs" / "metadata.json").read_text())["version"]
    assert model.weights_sha256 == hashlib.sha256(b"weights").hexdigest()


def test_the_fingerprint_changes_with_whatever_changes_a_probability(tmp_path):
    weights = tmp_path / "model.pt"
    weights.write_bytes(b"weights")
    first = identify(weights, image_size=64)
    assert identify(weights, image_size=64).fingerprint == first.fingerprint
    assert identify(weights, image_size=96).fingerprint != first.fingerprint
    weights.write_bytes(b"other weights")
    assert identify(weights, image_size=64).fingerprint != first.fingerprint
    assert first.model_copy(update={"version": "9"}).fingerprint == first.fingerprint


def test_an_identity_survives_its_file_and_a_forged_fingerprint_has_no_effect(tmp_path):
    model = identify(tmp_path / "absent.pt", image_size=64)
    assert model.weights_sha256 is None
    file = tmp_path / "model.json"
    file.write_text(json.dumps({**json.loads(model.model_dump_json()), "fingerprint": "forged"}))
    assert read_model_identity(file) == model
    assert read_model_identity(file).fingerprint == model.fingerprint


@pytest.mark.parametrize(("content", "message"), [(None, "is not there"), ("{}", "does not describe a model")])
def test_a_wrong_model_file_is_one_line(tmp_path, content, message):
    file = tmp_path / "model.json"
    if content:
        file.write_text(content)
    with pytest.raises(ConfigError, match=rf"model\.json: {message}.*--model"):
        read_model_identity(file)


def test_a_folder_without_metadata_is_no_bundle(tmp_path):
    with pytest.raises(ConfigError, match=r"metadata\.json: does not say the bundle's version"):
        identify_model(bundle_root=tmp_path, weights="model.pt", findings=["mass"])
