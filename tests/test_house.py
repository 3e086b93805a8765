"""The rooms are those of CONTRIBUTING.md, in its order."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def rooms_of_contributing() -> list[str]:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    tree = text.split("custom/lucency/   ")[1].split("bundles/ ")[0]
    return re.findall(r"^  (\w+)(?:/|\.py) ", tree, flags=re.MULTILINE)


def test_the_linter_keeps_the_order_that_contributors_read():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (contract,) = settings["contracts"]
    layers = [name for layer in reversed(contract["layers"]) for name in reversed(layer.split(" | "))]
    named = rooms_of_contributing()
    assert [name for name in layers if name in named] == named
    shared = {path.stem for path in (ROOT / "custom" / "lucency").glob("*.py")}
    assert set(layers) - set(named) <= shared  # a file beside the rooms, none of them


def test_every_room_is_named():
    folders = {path.parent.name for path in (ROOT / "custom" / "lucency").glob("*/__init__.py")}
    assert folders == {name for name in rooms_of_contributing() if name != "cli"}
