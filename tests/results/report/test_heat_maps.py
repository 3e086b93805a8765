"""Heat maps of failures are those that `lucency predict --heatmaps` draws."""

import numpy as np
import pytest
import torch
from PIL import Image

from lucency.commands.report_sources import heat_maps
from lucency.errors import ConfigError, LucencyError
from lucency.inference.heatmaps import HeatmapWriter
from lucency.release.golden.pipeline import BundlePipeline
from lucency.results.model_identity import ModelIdentity
from lucency.results.report import Failure
from lucency.results.schema import FindingResult, ImageResult
from support import BUNDLE, FINDINGS, TINY, write_tiny_model

KEYS = {"image_size": 128, "findings": FINDINGS} | {key: value for key, value in TINY.items() if "network_def#" in key}


def test_overlay_is_that_of_the_predictor(tmp_path):
    weights = write_tiny_model(tmp_path)
    file = tmp_path / "image.png"
    shade = np.add.outer(np.arange(90), np.arange(60)) * 255 / 150
    Image.fromarray(shade.astype(np.uint8)).save(file)
    options = [text for key, value in KEYS.items() for text in (f"--{key}", str(value))]
    pipeline = BundlePipeline(BUNDLE, KEYS)
    network = pipeline.network(weights)
    image = pipeline.preprocess([file])
    probability = float(torch.sigmoid(network(image).detach())[0, FINDINGS.index("effusion")])
    failure = Failure(
        finding="effusion",
        kind="false_positive",
        row=1,
        file=str(file),
        probability=0.5,
        raw_probability=probability,
    )
    explained = heat_maps(BUNDLE, weights, options)
    overlay = explained.draw(failure)
    with pytest.raises(LucencyError, match=r"the scores say 0\.990; give the same weights"):
        explained.draw(failure.model_copy(update={"raw_probability": 0.99}))
    model = ModelIdentity(name="tiny", version="1", findings=tuple(FINDINGS), weights_sha256=None)
    HeatmapWriter(folder=tmp_path / "maps", network=network, findings=FINDINGS, model=model, show=["effusion"]).write(
        ImageResult(
            file="image.png",
            status="ok",
            findings=(FindingResult(finding="effusion", probability=probability, raw_probability=probability),),
        ),
        file,
        image[0],
    )
    drawn = np.asarray(Image.open(tmp_path / "maps" / "image.png" / "effusion.png"))
    rows, columns, _ = overlay.shape
    left = (drawn.shape[1] - columns) // 2
    np.testing.assert_array_equal(drawn[:rows, left : left + columns], overlay)
    coloured = (overlay.max(axis=2) > overlay.min(axis=2)).mean()
    assert 0.05 < coloured < 1


def test_a_misspelt_key_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="image_siz"):
        heat_maps(BUNDLE, write_tiny_model(tmp_path), ["--image_siz", "32"])
