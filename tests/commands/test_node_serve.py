"""`lucency node serve`: flags and YAML become settings, and what is misspelt is named."""

import re
import sys
import tomllib
import typing
from pathlib import Path

import pytest
import typer
import yaml
from typer.testing import CliRunner

from lucency.cli import command_line
from lucency.commands.node_packages import PACKAGES
from lucency.errors import ConfigError, LucencyError
from lucency.node.settings import NodeSettings
from support import python

REQUIRED = ["--bundle", "B", "--state", "S", "--pacs", "PACS@127.0.0.1:4242"]


@pytest.fixture
def serve(monkeypatch):
    """A function that gives the settings with which the command makes a node."""
    made = []

    class Spy:
        def __init__(self, settings):
            made.append(settings)

        def run(self):
            """Nothing: what a node does is tested elsewhere."""

    module = type(sys)("lucency.node.node")
    module.Node = Spy
    monkeypatch.setitem(sys.modules, "lucency.node.node", module)

    def run(*arguments):
        CliRunner().invoke(command_line(), ["node", "serve", *map(str, arguments)], catch_exceptions=False)
        return made[-1]

    return run


def node_command(name):
    return typer.main.get_command(command_line()).commands["node"].commands[name]


def flags():
    return {option.name: option for option in node_command("serve").params if option.name not in ("config", "help")}


def test_every_setting_is_a_flag_and_every_flag_a_setting():
    assert set(flags()) == set(NodeSettings.model_fields) - {"overrides"}
    for name, option in flags().items():
        assert f"--{name.replace('_', '-')}" in option.opts


@pytest.mark.parametrize("name", sorted(set(NodeSettings.model_fields) - {"overrides", "allow"}))
def test_defaults_in_the_help_are_those_of_the_settings(name):
    field, shown = NodeSettings.model_fields[name], flags()[name].show_default
    if field.is_required() or field.default is None:
        assert shown is False
    elif isinstance(field.default, bool):
        assert shown == ("" if field.default else "no-") + name.replace("_", "-")
    elif isinstance(field.default, str):
        assert shown == field.default
    elif hasattr(field.default, "host"):
        assert shown == f"{field.default.host}:{field.default.port}"
    else:
        assert float(shown) == field.default


def test_without_flags_the_defaults_hold(serve):
    assert serve(*REQUIRED) == NodeSettings(bundle="B", state="S", pacs="PACS@127.0.0.1:4242")


def test_every_flag_reaches_its_setting(serve):
    values = {
        "aet": "CXRAI", "listen": "0.0.0.0:104", "http": "[::1]:80", "max_associations": 3, "pull": "http://h/d",
        "pull_s": 1.5, "pull_days": 9, "queue": "postgresql://h/d", "storage": "T", "workers": 2, "max_queue": 4,
        "min_free_mb": 5, "lease_s": 6.5, "attempts": 7, "retry_base": 8, "retry_cap": 9, "give_up_h": 10,
        "mem_mb": 1000, "keep_days": 11, "sr_class": "ComprehensiveSR", "fhir": "F", "tls_cert": "c", "tls_key": "k",
        "tls_ca": "a", "audit": "udp://h:514", "weights": "w", "site": "s", "backend": "onnxruntime",
        "precision": "int8", "bundle": "B", "state": "S", "pacs": "http://pacs/dicom-web",
    }  # fmt: skip
    switches = ["clinical_use", "heatmaps", "pacs_plain"]
    words = [part for key, value in values.items() for part in (f"--{key.replace('_', '-')}", value)]
    found = serve(*words, "--allow", "CR1, DX2", *(f"--{name.replace('_', '-')}" for name in switches))
    assert found == NodeSettings(**values, allow=("CR1", "DX2"), **dict.fromkeys(switches, True))
    assert {*values, *switches, "allow", "overrides"} == set(NodeSettings.model_fields)


def test_flags_win_over_the_file_and_its_paths_start_from_its_folder(serve, tmp_path):
    (tmp_path / "etc").mkdir()
    config = tmp_path / "etc" / "node.yaml"
    content = {
        "bundle": "../bundle", "state": "/var/lib/cxrai", "pacs": "PACS@pacs:104", "tls_cert": "c.pem",
        "tls_key": "k.pem", "tls_ca": "/etc/ca.pem", "workers": 2, "heatmaps": True, "allow": ["CR1", "CR2"],
        "audit": "audit.xml", "overrides": {"fit": "crop", "check_image": False},
    }  # fmt: skip
    config.write_text(yaml.safe_dump(content))
    settings = serve("--config", config, "--workers", 4, "--no-heatmaps", "--site", "site.yaml")
    assert settings.bundle == tmp_path / "etc" / "../bundle"
    assert settings.state == Path("/var/lib/cxrai")
    assert (settings.tls_cert, settings.tls_ca) == (tmp_path / "etc" / "c.pem", Path("/etc/ca.pem"))
    assert settings.audit == str(tmp_path / "etc" / "audit.xml")
    assert (settings.workers, settings.heatmaps, settings.allow) == (4, False, ("CR1", "CR2"))
    assert settings.site == Path("site.yaml")  # a flag: it starts where the command runs
    assert settings.overrides == {"fit": "crop", "check_image": False}
    config.write_text(yaml.safe_dump(content | {"audit": "udp://syslog:514", "allow": "CR1,CR2"}))
    settings = serve("--config", config)
    assert (settings.audit, settings.allow) == ("udp://syslog:514", ("CR1", "CR2"))


def test_the_node_knows_what_its_weights_were_trained_with(serve, tmp_path, capfd):
    (tmp_path / "run.json").write_text('{"settings": {"image_size": 96, "fit": "crop", "max_epochs": 3}}')
    settings = serve(*REQUIRED, "--weights", tmp_path / "model.pt", "--image_size", "64")
    assert settings.overrides == {"fit": "crop", "image_size": 64}
    assert capfd.readouterr() == ("", "")  # its log is for programs


def test_further_options_are_keys_of_the_bundle(serve, tmp_path):
    config = tmp_path / "node.yaml"
    config.write_text("overrides: {fit: crop, check_image: false}\n")
    settings = serve("--config", config, *REQUIRED, "--check_image", "true", "--guard_rules#age", "{minimum: 16}")
    assert settings.overrides == {"fit": "crop", "check_image": True, "guard_rules#age": {"minimum": 16}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("worker: 2\n", r"node.yaml: worker: is no setting of a node; did you mean 'workers'\?"),
        ("workers: 0\n", "node.yaml and flags: workers: Input should be greater than or equal to 1"),
        ("- workers\n", "node.yaml: maps no settings to values"),
        ("queue: 'postgresql://u:secret\n", "node.yaml line 2: is no YAML"),
        ("", "node.yaml: maps no settings to values"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_one_line(serve, tmp_path, content, message):
    (tmp_path / "node.yaml").write_text(content)
    with pytest.raises(ConfigError, match=message) as error:
        serve("--config", tmp_path / "node.yaml", *REQUIRED)
    assert "secret" not in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([*REQUIRED, "--max_queue", "5"], r"--max_queue: is no flag of a node; did you mean '--max-queue'\?"),
        ([*REQUIRED, "--max-que=5"], r"--max-que: is no flag of a node; did you mean '--max-queue'\?"),
        ([*REQUIRED, "--config", "none.yaml"], "none.yaml: cannot be read"),
        (REQUIRED[2:], "flags: bundle: is missing; give it"),
        ([], "settings: bundle: is missing; give it"),
        ([*REQUIRED, "--aet", "SEVENTEEN_LETTERS"], "flags: aet: "),
    ],
)
def test_what_is_wrong_with_flags_is_said_in_one_line(serve, arguments, message):
    with pytest.raises(LucencyError, match=message):
        serve(*arguments)


@pytest.mark.parametrize(
    "command", [["serve", *REQUIRED], ["status", "--state", "S"], ["jobs", "list", "--state", "S"]]
)
def test_missing_packages_are_named_with_the_mend(serve, monkeypatch, command):
    absent = ("highdicom", "waitress")
    monkeypatch.setattr("lucency.commands.node_packages.find_spec", lambda name: None if name in absent else name)
    done = CliRunner().invoke(command_line(), ["node", *command])
    assert str(done.exception) == "a node needs highdicom, waitress; pip install 'lucency[serve]'"


def test_the_packages_are_those_that_the_project_asks_for():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    asked = [line for extra in ("sr", "serve") for line in project["optional-dependencies"][extra]]
    names = {re.match(r"[\w-]+", line)[0].replace("-", "_") for line in asked}
    assert set(PACKAGES) == names - {"lucency", "psycopg"}


def test_path_settings_are_those_that_the_file_moves():
    from lucency.commands.node_settings import _PATHS

    paths = {
        name for name, field in NodeSettings.model_fields.items()
        if Path in (field.annotation, *typing.get_args(field.annotation))
    }  # fmt: skip
    assert paths == _PATHS


def test_the_commands_of_a_node_import_neither_torch_nor_monai():
    code = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from lucency.cli import command_line\n"
        "for words in (['serve', '--help'], ['status', '--state', 'none'], ['jobs', 'list', '--state', 'none'],\n"
        "              ['serve', '--bundle', 'b', '--fit']):\n"
        "    done = CliRunner().invoke(command_line(), ['node', *words])\n"
        "    assert done.exit_code == (0 if '--help' in words else 1), done\n"
        "print(done.exception)\n"
        "print([name for name in ('torch', 'monai', 'pandas') if name in sys.modules])\n"
    )
    done = python("-c", code)
    assert done.stdout == "option --fit: has no value; give options as --key value\n[]\n", done.stderr
