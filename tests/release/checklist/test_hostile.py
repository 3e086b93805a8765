"""A hostile bundle is read, not run: no expression, tag, link or size gets further than a finding."""

import json
import os
import sys
import time

import pytest

from lucency.errors import ConfigError
from lucency.release.checklist import lint_bundle

EXPRESSIONS = [
    "$open({path!r}, 'w')",
    "$__import__('pathlib').Path({path!r}).touch()",
    "$[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == 'Popen'][0](['touch', {path!r}])",
    '$exec("import pathlib; pathlib.Path({path!r}).touch()")',
    "$import hostile_module",
    "$from hostile_module import touch",
]


def rules(bundle):
    return {finding.rule for finding in lint_bundle(bundle).findings}


@pytest.fixture
def trap(clean, monkeypatch):
    """A file that appears if anything of the bundle is run or imported."""
    path = clean.parent / "ran"
    touch = f"import pathlib\npathlib.Path({str(path)!r}).touch()\n"
    (clean / "hostile_module.py").write_text(touch)
    (clean / "clean_findings" / "__init__.py").write_text(touch)
    monkeypatch.chdir(clean)
    monkeypatch.syspath_prepend(str(clean))
    return path


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_no_expression_is_evaluated(expression, clean, trap):
    file = clean / "configs" / "train.json"
    content = json.loads(file.read_text())
    text = expression.format(path=str(trap))
    content |= {"imports": [text], "initialize": [text], "device": text, "loss": {"_target_": text}}
    file.write_text(json.dumps(content, indent=4) + "\n")
    found = lint_bundle(clean).findings
    assert not trap.exists()
    assert "hostile_module" not in sys.modules
    if "import hostile" not in text and "from hostile" not in text:
        assert "code.call" in {finding.rule for finding in found}


def test_no_component_is_made(clean, trap):
    file = clean / "configs" / "inference.json"
    content = json.loads(file.read_text())
    content["network_def"] = {"_target_": "subprocess.run", "args": ["touch", str(trap)]}
    content["inferer"] = {"_target_": "clean_findings.tables.TableWriter"}
    file.write_text(json.dumps(content, indent=4) + "\n")
    assert "code.target" in rules(clean)
    assert not trap.exists()
    assert "clean_findings" not in sys.modules


def test_tags_of_python_objects_are_refused(clean, trap):
    tag = f"!!python/object/apply:os.system ['touch {trap}']"
    (clean / "configs" / "extra.yaml").write_text(f"a: {tag}\n")
    assert "config.readable" in rules(clean)
    assert not trap.exists()


BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
UNREADABLE = {
    "aliases that multiply": BOMB,
    "a list in itself": "a: &a [*a]\n",
    "deep nesting": "a: " + "[" * 100_000 + "]" * 100_000 + "\n",
    "no UTF-8": b"a: \xff\n",
    "too large": b"a: " + b"x" * (5 * 2**20) + b"\n",
    "a date that is none": "a: 2024-99-99\n",
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_cannot_be_read_is_one_finding_and_soon(what, clean):
    content = UNREADABLE[what]
    (clean / "configs" / "extra.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    start = time.process_time()
    assert rules(clean) == {"config.readable"}
    assert time.process_time() - start < 20


def test_deep_json_is_one_finding(clean):
    (clean / "configs" / "extra.json").write_text('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}\n")
    assert "config.readable" in rules(clean)


@pytest.mark.parametrize("text", ["$" + "-" * 100_000 + "1", "$" + "(" * 3000 + ")" * 3000, "$\x00"])
def test_expressions_that_would_break_the_parser_are_findings(text, clean):
    file = clean / "configs" / "train.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "val_interval": text}, indent=4) + "\n")
    assert rules(clean) == {"config.expression"}


def test_a_link_to_a_file_of_this_machine_is_not_read(clean):
    secret = clean.parent / "secret.yaml"
    secret.write_text("password: /home/ann/hunter2\n")
    (clean / "configs" / "extra.yaml").symlink_to(secret)
    found = lint_bundle(clean).findings
    assert [finding.rule for finding in found] == ["layout.link"]
    assert "hunter2" not in str(found)


def test_a_folder_that_is_a_link_is_not_entered(clean):
    (clean / "more").symlink_to(clean.parent, target_is_directory=True)
    assert rules(clean) == {"layout.link"}


def test_a_link_to_nothing_is_a_finding(clean):
    (clean / "configs" / "extra.yaml").symlink_to(clean / "nowhere.yaml")
    assert rules(clean) == {"layout.link", "config.readable"}


def test_a_pipe_does_not_hang(clean):
    os.mkfifo(clean / "configs" / "extra.yaml")
    assert "config.readable" in rules(clean)


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.write_text("")])
def test_what_is_no_bundle_is_one_line(make, tmp_path):
    make(tmp_path / "bundle")
    with pytest.raises(ConfigError, match="not a bundle") as caught:
        lint_bundle(tmp_path / "bundle")
    assert "\n" not in str(caught.value)


def test_macros_that_multiply_end_soon(clean):
    content = {"a0": ["x"] * 10} | {f"a{n}": [f"%a{n - 1}"] * 4 for n in range(1, 40)}
    file = clean / "configs" / "train.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **content}, indent=4) + "\n")
    start = time.process_time()
    assert "references.unused" in rules(clean)
    assert time.process_time() - start < 60


@pytest.mark.parametrize("line", ["# " + " #" * 500_000 + "x", "configs/" + "a/" * 500_000, "[x](" * 250_000])
def test_a_page_of_one_endless_line_ends_soon(line, clean):
    (clean / "docs" / "README.md").write_text(line + "\n")
    start = time.process_time()
    assert "docs.topics" in rules(clean)
    assert time.process_time() - start < 20


@pytest.mark.parametrize("name", ["a\x1b[2J.pkl", "a\nLICENSE: fine.pkl", os.fsdecode(b"a\xff.pkl")])
def test_names_steer_no_terminal(name, clean):
    (clean / name).write_text("x")
    (finding,) = lint_bundle(clean).findings
    for text in (str(finding.place), *map(str, finding.as_dict().values())):
        assert text.isprintable()
        text.encode()


def test_a_list_of_data_beside_the_configurations_is_no_configuration(clean):
    (clean / "configs" / "sizes.json").write_text("[\n    1,\n    2\n]\n")
    assert rules(clean) == set()
