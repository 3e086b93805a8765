"""The page docs/reference/heatmaps.md says what the code does."""

import inspect
import re
from pathlib import Path

import torch
import yaml
from monai.bundle import ConfigParser
from monai.networks.nets import DenseNet
from pydicom.sr.codedict import codes

from lucency.inference.heatmaps import HeatmapWriter, writer
from lucency.inference.heatmaps.methods import METHODS
from lucency.inference.heatmaps.overlay import STRONGEST_ALPHA
from lucency.inference.heatmaps.secondary_capture import SERIES_NUMBER
from lucency.results.model_identity import ModelIdentity
from lucency.results.schema import NOTICE
from support import run_snippets

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "heatmaps.md").read_text(encoding="utf-8")


def test_the_snippets_run():
    torch.manual_seed(0)
    run_snippets(PAGE, alone=False)


def test_the_keys_of_the_page_make_the_writer_of_every_bundle(tmp_path):
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    model = ModelIdentity(name="b", version="1", findings=("mass",), weights_sha256=None)
    network = DenseNet(2, 1, 1, init_features=4, growth_rate=2, block_config=(1,))
    keys = yaml.safe_load(block)
    around = {"output_dir": str(tmp_path), "network": network, "findings": ["mass"], "model": model, "fit": "crop"}
    for file in (Path(__file__).parents[3] / "bundles").glob("*/configs/inference.yaml"):
        config = yaml.safe_load(file.read_text())
        assert keys.keys() <= config.keys()
        written = [output for output in config["outputs"] if output["_target_"].endswith("HeatmapWriter")]
        (made,) = ConfigParser({**config, **keys, **around, "outputs": written}).get_parsed_content("outputs")
        assert isinstance(made, HeatmapWriter)
        assert made.formats == ["png", "dicom"]


def test_every_option_and_method_is_listed():
    rows = re.findall(r"^\| `([\w+]+)` \|", PAGE, flags=re.MULTILINE)
    assert set(rows) == {*inspect.signature(HeatmapWriter).parameters, *METHODS} - {"folder", "findings"}


def test_the_numbers_are_those_of_the_code():
    text = " ".join(PAGE.split())
    assert f"more than {writer.AGREEMENT} in probability" in text
    assert f"never below {writer.FULL_SCALE}" in text
    assert f"no place reaches {writer.NEGLIGIBLE}" in text
    assert f"at most {STRONGEST_ALPHA:.0%} opaque".replace("%", " %") in text
    assert f"number {SERIES_NUMBER}, description `Heat maps - {NOTICE.split('.')[0]}`" in text
    for code in (codes.DCM.GradientWeightedClassActivation, codes.DCM.VisualExplanation):
        assert f"({code.value}, DCM, {code.meaning})" in text
    assert f"at least {1 + writer.FULL_SCALE:g} times the average" in text
    assert f"reaches {1 + writer.NEGLIGIBLE:g} times the average" in text
    assert writer.TOP == 3
