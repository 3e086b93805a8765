"""The recipe in CONTRIBUTING.md adds a loss: its blocks are followed to the letter in a copy of the repository."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from lucency.bundle.runner import config_files, read_configuration

REPOSITORY = Path(__file__).parents[2]
STEP = re.compile(r"^   `([^`\n]+)`\n   ```\w+\n(.*?)^   ```$", flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def copy(tmp_path):
    """What a loss touches and what checks it, and nothing else."""
    for folder in ("custom/lucency", "tests/losses", "tests/references", "bundles/cxr_spml_classification/configs"):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "tests/conftest.py"):
        shutil.copy(REPOSITORY / file, tmp_path / file)
    return tmp_path


def steps():
    text = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return {path: textwrap.dedent(block) for path, block in STEP.findall(text)}


def follow(copy, recipe):
    for path, block in recipe.items():
        if path.endswith("__init__.py"):
            with (copy / path).open("a", encoding="utf-8") as file:
                file.write(block)
        else:
            assert not (copy / path).exists()
            (copy / path).write_text(block, encoding="utf-8")


def pytest_in(copy, *arguments, choose="MeanAbsoluteError"):
    environment = {**os.environ, "PYTHONPATH": str(copy / "custom"), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", choose, *arguments],
        cwd=copy,
        env=environment,
        text=True,
        capture_output=True,
        timeout=300,
    )


def test_the_recipe_is_four_things_and_a_short_switch():
    recipe = steps()
    assert [Path(path).name for path in recipe] == [
        "mean_absolute_error.py",
        "__init__.py",
        "mean_absolute_error.py",
        "mae.yaml",
    ]
    _, export, _, switch = recipe.values()
    assert len(export.splitlines()) == 1
    assert len(switch.splitlines()) < 10


def test_the_recipe_works(copy):
    recipe = steps()
    follow(copy, recipe)
    contract = "tests/losses/test_contract.py"
    result = pytest_in(copy, contract, "custom/lucency/losses/mean_absolute_error.py", "--doctest-modules")
    assert result.returncode == 0, result.stdout
    assert int(re.search(r"(\d+) passed", result.stdout)[1]) > 40

    wrong = (copy / "custom/lucency/losses/mean_absolute_error.py").read_text(encoding="utf-8")
    wrong = wrong.replace("- targets)", "- targets / 2)")  # the contract test must notice
    (copy / "custom/lucency/losses/mean_absolute_error.py").write_text(wrong, encoding="utf-8")
    result = pytest_in(copy, contract, choose="MeanAbsoluteError and terms_equal")
    assert result.returncode == 1, result.stdout
    assert "test_terms_equal_the_reference" in result.stdout


def test_the_switch_of_the_recipe_selects_the_loss(copy):
    follow(copy, steps())
    files = config_files(copy / "bundles" / "cxr_spml_classification", "train", {"loss": "mae"})
    assert read_configuration(files)["loss"]["_target_"] == "lucency.losses.MeanAbsoluteErrorLoss"
