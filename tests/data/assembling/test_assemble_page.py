"""The page docs/how-to/assemble-archives.md: its files, command and snippet work as they stand."""

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from lucency.commands.assemble import assemble
from lucency.data import read_study_table
from references.archives import write_archives

PAGE = (Path(__file__).parents[3] / "docs" / "how-to" / "assemble-archives.md").read_text()
FILES = {match[1]: match[2] for match in re.finditer(r"```yaml\n# (\S+)\n(.*?)```", PAGE, flags=re.DOTALL)}
COMMAND = re.search(r"^lucency assemble (.*)$", PAGE, flags=re.MULTILINE)[1]


@pytest.fixture
def page_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_archives(tmp_path)
    for number, image in enumerate(sorted(tmp_path.glob("nih/images_001/images/*"))):
        image.write_text(f"image {number}")
    for name, text in FILES.items():
        Path(name).write_text(text)
    return tmp_path


def test_the_page_runs(page_folder):
    app = typer.Typer()
    app.command()(assemble)
    done = CliRunner().invoke(app, shlex.split(COMMAND), catch_exceptions=False)
    assert done.exit_code == 0
    frame = read_study_table("table.parquet", check_files=False)
    assert set(frame["source"]) == {"nih", "google_nih+nih", "hospital"}
    hospital = frame[frame["source"].eq("hospital")]
    assert hospital["effusion"].tolist() == ["positive", "negative"]  # blank, and declared to mean that
    assert hospital["labelled"].tolist() == ["effusion"] * 2
    assert set(frame["split"]) == {"train", "val", "test"}
    for written in re.findall(r"^\| `(table\.\S+)` \|", PAGE, flags=re.MULTILINE):
        assert Path(written).is_file(), written
    (snippet,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    names = {}
    exec(compile(snippet.replace('"train",', '"train", check_files=False,'), "assemble-archives.md", "exec"), names)
    assert len(names["records"]) == frame["split"].eq("train").sum()


def test_the_page_names_every_option():
    app = typer.Typer()
    app.command()(assemble)
    for parameter in typer.main.get_command(app).params:
        if parameter.name not in ("sources", "seed", "workers", "install_completion", "show_completion"):
            assert any(option in PAGE for option in (*parameter.opts, *parameter.secondary_opts)), parameter.name
