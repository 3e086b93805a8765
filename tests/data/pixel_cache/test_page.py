"""The page docs/reference/pixel-cache.md says what the code does."""

import inspect
import re
from pathlib import Path

from lucency.commands.cache import cache
from lucency.data.pixel_cache import PixelSettings
from support import run_snippets

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "pixel-cache.md").read_text(encoding="utf-8")


def test_the_snippets_run() -> None:
    run_snippets(PAGE)


def test_the_options_are_those_of_the_command() -> None:
    named = set(re.findall(r"--([a-z][a-z0-9-]*)", PAGE.partition("## Use it")[0])) - {"no-exact", "no-stretch"}
    assert named == {name.replace("_", "-") for name in inspect.signature(cache).parameters} - {"table", "image-root"}


def test_the_folder_has_the_name_that_it_says() -> None:
    assert f"`{PixelSettings(224).name}`" in PAGE
