"""The page docs/reference/reader.md says what the code does."""

import doctest
import re
from pathlib import Path

import numpy as np
import yaml
from monai.bundle import ConfigParser
from PIL import Image
from pydicom import uid

from lucency.transforms import CenterSquareCropd, pixels
from lucency.transforms.header import MAX_PIXELS

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "reader.md").read_text(encoding="utf-8")


def blocks(language):
    found = re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)
    assert found
    return found


def test_the_snippets_run():
    for number, snippet in enumerate(blocks("python")):
        test = doctest.DocTestParser().get_doctest(snippet, {}, f"reader.md {number}", None, 0)
        assert doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test).failed == 0


def test_the_configuration_loads_padded_or_cropped(tmp_path):
    Image.fromarray(np.arange(600, dtype="u2").reshape(30, 20)).save(tmp_path / "a.png")
    steps = yaml.safe_load(blocks("yaml")[0])
    cropped = [*steps[:4], {"_target_": "lucency.transforms.CenterSquareCropd", "keys": "image"}, steps[4]]
    for transforms in (steps, cropped):
        chain = ConfigParser({"chain": {"_target_": "Compose", "transforms": transforms}}).get_parsed_content("chain")
        assert chain({"image": str(tmp_path / "a.png")})["image"].shape == (1, 320, 320)
    assert any(isinstance(step, CenterSquareCropd) for step in chain.transforms)


def test_every_transfer_syntax_is_listed():
    table = PAGE.split("### Transfer syntaxes")[1].split("\n\n")[1]
    listed = {name.strip() for row in re.findall(r"^\| (.*?) \|", table, flags=re.MULTILINE)[2:] for name in named(row)}
    supported = {*pixels._NATIVE, *pixels._PLUGINS, *pixels._GDCM}
    assert listed == {uid.UID(syntax).name for syntax in supported}


def named(row):
    """Transfer syntaxes of a row; commas also stand inside their names."""
    row = row.removesuffix(", of 8 and 12 bits")
    return row.split("; ") if "Non-Hierarchical" in row else row.split(", ")


def test_the_size_limit_is_the_one_that_is_named():
    assert f"more than {MAX_PIXELS // 10**6} million pixels" in PAGE
