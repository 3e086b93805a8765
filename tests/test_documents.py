"""What the README and the pages about bundles tell people to type must be accepted."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from lucency.bundle import config_files, config_groups
from lucency.bundle.overrides import check_overrides, parse_options
from lucency.bundle.runner import read_configuration

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("bundles/**/*.md"), *ROOT.glob("docs/**/*.md")])


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(), flags=re.DOTALL)


def commands(program):
    """Every command of a shell block that runs `program`, with the page it stands on."""
    for page in PAGES:
        for block in blocks(page, "bash"):
            for line in block.replace("\\\n", " ").splitlines():
                if program in line and not line.startswith("#"):
                    yield pytest.param(line[line.index(program) + len(program) :], id=f"{page.name}: {line[:60]}")


@pytest.mark.parametrize("arguments", list(commands("lucency run ")))
def test_every_documented_run_has_valid_keys(arguments):
    bundle, workflow, *rest = shlex.split(arguments, comments=True)
    options = parse_options(rest)
    groups = {name: options.pop(name) for name in config_groups(ROOT / bundle) if isinstance(options.get(name), str)}
    check_overrides(read_configuration(config_files(ROOT / bundle, workflow, groups)), options)


@pytest.mark.parametrize("arguments", list(commands("monai.bundle run ")))
def test_every_documented_run_of_monais_own_runner_names_files_that_exist(arguments):
    options = parse_options(shlex.split(arguments, comments=True))
    files = yaml.safe_load(str(options["config_file"]))
    for file in files if isinstance(files, list) else [files]:
        assert list(ROOT.glob(f"bundles/*/{file}")), file


def test_readme_python_runs():
    (block,) = blocks(ROOT / "README.md", "python")
    exec(compile(block, "README.md", "exec"), {})


def test_links_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text()):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name} -> {target}"
