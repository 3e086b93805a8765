"""The page docs/reference/reader.md says what the code does."""

import copy
import re
from pathlib import Path

import numpy as np
import yaml
from monai.bundle import ConfigParser
from PIL import Image
from pydicom import uid

from lucency.transforms import CenterSquareCropd, pixels
from lucency.transforms.decoders import DECODERS
from lucency.transforms.header import MAX_PIXELS
from support import run_snippets

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "reader.md").read_text(encoding="utf-8")


def test_the_snippets_run():
    run_snippets(PAGE)


def test_the_configuration_loads_padded_or_cropped(tmp_path):
    Image.fromarray(np.arange(600, dtype="u2").reshape(30, 20)).save(tmp_path / "a.png")
    steps = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)[0])
    elsewhere = copy.deepcopy(steps)
    del elsewhere[0]["reader"]["spatial_size"]  # as a host's own reader would
    crop = {"_target_": "lucency.transforms.CenterSquareCropd", "keys": "image"}
    for transforms in (steps, elsewhere, [*elsewhere[:3], crop, *elsewhere[3:5]]):
        chain = ConfigParser({"chain": {"_target_": "Compose", "transforms": transforms}}).get_parsed_content("chain")
        assert chain({"image": str(tmp_path / "a.png")})["image"].shape == (1, 320, 320)
    assert any(isinstance(step, CenterSquareCropd) for step in chain.transforms)


def test_every_transfer_syntax_is_listed():
    table = PAGE.split("### Transfer syntaxes")[1].split("\n\n")[1]
    listed = {name.strip() for row in re.findall(r"^\| (.*?) \|", table, flags=re.MULTILINE)[2:] for name in named(row)}
    supported = {*pixels._NATIVE, *DECODERS}
    assert listed == {uid.UID(syntax).name for syntax in supported}


def named(row):
    """Transfer syntaxes of a row; commas also stand inside their names."""
    row = row.removesuffix(", of 8 and 12 bits")
    return row.split("; ") if "Non-Hierarchical" in row else row.split(", ")


def test_the_size_limit_is_the_one_that_is_named():
    assert f"more than {MAX_PIXELS // 10**6} million pixels" in PAGE
