"""What the README and the pages about bundles tell people to type must be accepted."""

import re
import shlex
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from lucency.bundle import chosen_groups, config_files
from lucency.bundle.overrides import check_overrides
from lucency.bundle.runner import read_configuration
from lucency.cli import command_line
from lucency.options import parse_options
from support import BUNDLE

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
    groups, options = chosen_groups(ROOT / bundle, options)
    check_overrides(read_configuration(config_files(ROOT / bundle, workflow, groups)), options)


@pytest.mark.parametrize("arguments", list(commands("lucency ")))
def test_every_documented_command_exists_and_takes_its_options(arguments):
    words = shlex.split(re.split(r"\s[>|]\s|\s&&\s", arguments)[0], comments=True)
    command, context = get_command(command_line()), None
    while hasattr(command, "resolve_command"):
        context = command.make_context(command.name or "lucency", words, parent=context)
        _, command, words = command.resolve_command(context, [*context._protected_args, *context.args])
    context = command.make_context(command.name, words, parent=context)
    if command.name in ("predict", "export", "check", "golden") and "bundle" in context.params:
        bundle = ROOT / context.params["bundle"]
        where = bundle if bundle.is_dir() else BUNDLE  # BUNDLE, CONVERTED and the like are any bundle
        groups, options = chosen_groups(where, parse_options(context.args))
        check_overrides(read_configuration(config_files(where, "inference", groups)), options)


@pytest.mark.parametrize("arguments", list(commands("monai.bundle run ")))
def test_every_documented_run_of_monais_own_runner_names_files_that_exist(arguments):
    options = parse_options(shlex.split(arguments, comments=True))
    files = yaml.safe_load(str(options["config_file"]))
    for file in files if isinstance(files, list) else [files]:
        assert file.startswith("dist/") or list(ROOT.glob(f"bundles/*/{file}")), file


def test_readme_python_runs():
    (block,) = blocks(ROOT / "README.md", "python")
    exec(compile(block, "README.md", "exec"), {})


def test_links_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text()):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name} -> {target}"
