"""The pages docs/reference/node.md and docs/how-to/deploy.md: what they say holds, what they tell to type works."""

import configparser
import json
import re
import shlex
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from lucency.cli import command_line
from lucency.commands.node_settings import settings_of
from lucency.node.intake.tls import client_context, server_context
from lucency.node.jobs import Kind, State
from lucency.node.settings import NodeSettings

ROOT = Path(__file__).parents[2]
DEPLOY = (ROOT / "docs" / "how-to" / "deploy.md").read_text(encoding="utf-8")
REFERENCE = (ROOT / "docs" / "reference" / "node.md").read_text(encoding="utf-8")


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)


def rows(page, heading):
    """Cells of the table below a heading row, without backticks around whole cells."""
    (table,) = re.findall(rf"^\| {heading} \|.*\n\| --- .*\n((?:\|.*\n)+)", page, flags=re.MULTILINE)
    cells = [re.split(r"(?<!\\) \| ", line.strip().strip("|").strip()) for line in table.splitlines()]
    return [[re.sub(r"^`([^`]*)`$", r"\1", cell.strip()) for cell in line] for line in cells]


def invocations():
    """Arguments of every `lucency` of both pages, wherever it stands."""
    for page in (DEPLOY, REFERENCE):
        for block in blocks(page, "bash") + [text.replace("$ ", "") for text in blocks(page, "console")]:
            yield from re.findall(r"(?:^|/)lucency (.*)$", block, flags=re.MULTILINE)
    yield systemd()["Service"]["ExecStart"].partition("lucency ")[2]
    image = "\n".join(blocks(DEPLOY, "dockerfile"))
    words = [json.loads(re.search(rf"^{name} (\[.*\])$", image, re.MULTILINE)[1]) for name in ("ENTRYPOINT", "CMD")]
    yield shlex.join([*words[0][1:], *words[1]])


def systemd():
    unit = configparser.ConfigParser(interpolation=None, strict=True)
    unit.optionxform = str
    unit.read_string("".join(blocks(DEPLOY, "ini")))
    return unit


def shown(field):
    """A default as the page writes it."""
    if field.is_required():
        return "required"
    default = field.default
    if isinstance(default, bool):
        return str(default).lower()
    if hasattr(default, "host"):
        return f"{default.host}:{default.port}"
    return "none" if default is None or default == {} else "any" if default == () else str(default)


def test_every_setting_is_on_the_page_with_its_default():
    listed = {name.removeprefix("--").replace("-", "_"): default for name, default, _ in rows(REFERENCE, "flag")}
    assert listed == {name: shown(field) for name, field in NodeSettings.model_fields.items()}


def test_every_state_and_kind_is_on_the_page():
    assert [name for name, _ in rows(REFERENCE, "state")] == [state.value for state in State]
    kinds = rows(REFERENCE, "kind")
    assert [name for name, *_ in kinds] == [kind.value for kind in Kind]
    assert {end for _, end, _ in kinds} == {State.SKIPPED.value, State.DEAD.value}


def test_every_dead_kind_has_its_advice():
    dead = {kind for kind, end, _ in rows(REFERENCE, "kind") if end == State.DEAD.value}
    assert set(re.findall(r"[a-z_]+", " ".join(kinds for kinds, _ in rows(DEPLOY, "kind")))) == dead


def test_every_promise_names_its_test():
    named = [test for _, test in rows(REFERENCE, "promise")]
    assert sorted(named) == sorted(path.stem for path in (ROOT / "tests" / "node" / "promises").glob("test_*.py"))


@pytest.mark.parametrize("arguments", list(invocations()))
def test_every_command_exists_and_takes_its_options(arguments):
    words, command, context = shlex.split(arguments, comments=True), get_command(command_line()), None
    while hasattr(command, "resolve_command"):
        context = command.make_context(command.name or "lucency", words, parent=context)
        _, command, words = command.resolve_command(context, [*context._protected_args, *context.args])
    context = command.make_context(command.name, words, parent=context)
    if command.name == "serve":
        assert [word for word in context.args if "-" in word.removeprefix("--")] == []  # else a misspelt flag


@pytest.mark.parametrize("text", blocks(DEPLOY, "yaml"))
def test_every_yaml_is_a_nodes(text, tmp_path):
    (tmp_path / "node.yaml").write_text(text)
    required = {"bundle": "b", "state": "s", "pacs": "PACS@h:104"}
    found = settings_of(tmp_path / "node.yaml", {key: required[key] for key in required.keys() - yaml.safe_load(text)})
    assert found.model_fields_set >= set(yaml.safe_load(text))


def test_orthancs_configuration_fits_the_command():
    (text,) = blocks(DEPLOY, "json")
    orthanc = json.loads(text)
    title, host, port = orthanc["DicomModalities"]["cxrai"]
    (serve,) = re.findall(r"^lucency node serve .*--http .*$", DEPLOY, flags=re.MULTILINE)
    assert f"--aet {title} --listen {host}:{port} " in serve
    assert f"--pacs {orthanc['DicomAet']}@127.0.0.1:{orthanc['DicomPort']} " in serve
    root = f"http://127.0.0.1:{orthanc['HttpPort']}{orthanc['DicomWeb']['Root']}".rstrip("/")
    assert f"--pull {root} " in DEPLOY
    (script,) = blocks(DEPLOY, "lua")
    assert f'"{title}"' in script
    assert 'SendToModality(instance, "cxrai")' in script


def test_the_unit_gives_workers_the_time_that_they_may_take():
    service = systemd()["Service"]
    assert float(service["TimeoutStopSec"]) > NodeSettings.model_fields["lease_s"].default
    assert service["Restart"] == "always"
    assert service["KillMode"] == "mixed"  # SIGTERM is for the main process, which ends its workers itself
    states = {yaml.safe_load(text).get("state") for text in blocks(DEPLOY, "yaml")} - {None}
    assert states == {f"/var/lib/{service['StateDirectory']}"}


def test_the_certificates_work(tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    (script,) = [block for block in blocks(DEPLOY, "bash") if block.startswith("openssl")]
    subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, check=True, capture_output=True, timeout=60)
    (tls,) = [text for text in blocks(DEPLOY, "yaml") if "tls_cert" in text]
    (tmp_path / "node.yaml").write_text(tls)
    settings = settings_of(tmp_path / "node.yaml", {"bundle": "b", "state": "s", "pacs": "PACS@h:104"})
    modality = settings.model_copy(update={"tls_cert": tmp_path / "modality.pem", "tls_key": tmp_path / "modality.key"})
    ends = [ssl.MemoryBIO() for _ in range(2)]
    server = server_context(settings).wrap_bio(ends[0], ends[1], server_side=True)
    client = client_context(modality).wrap_bio(ends[1], ends[0])
    waiting = [client, server]
    for _ in range(10):
        for side in list(waiting):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.remove(side)
    assert waiting == []
    assert server.getpeercert()["subject"] == ((("commonName", "modality"),),)


@pytest.mark.parametrize("page", [DEPLOY, REFERENCE])
def test_anchors_within_a_page_are_headings(page):
    titles = re.findall(r"^#+ (.*)$", page, flags=re.MULTILINE)
    headings = {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}
    for anchor in re.findall(r"\]\(#([^)]+)\)", page):
        assert anchor in headings
