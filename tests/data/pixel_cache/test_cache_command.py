"""The command line."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from lucency.commands.cache import cache
from lucency.data import load_records
from lucency.data.phantom import write_phantom
from lucency.data.pixel_cache import PixelCache, PixelSettings
from lucency.errors import LucencyError


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.command()(cache)
    return app


def test_a_table_is_cached_for_the_records_that_are_made_of_it(app: typer.Typer, tmp_path: Path) -> None:
    table = write_phantom(tmp_path, images=3, size=32, workers=1, format="png", progress=False)
    arguments = [str(table), "--out", str(tmp_path / "cache"), "--size", "16", "--depth", "16", "--no-exact"]
    answer = CliRunner().invoke(app, [*arguments, "--workers", "1"], catch_exceptions=False)
    settings = PixelSettings(16, exact=False, depth=16)
    assert answer.exit_code == 0
    assert f"{settings.name}: the 3 images of {table}; " in answer.stdout
    cached = PixelCache.open(tmp_path / "cache", settings)
    assert cached.find([record["image"] for record in load_records(table, ["effusion"])]).tolist() == [0, 1, 2]


def test_images_that_cannot_be_read_end_it_with_their_names(app: typer.Typer, tmp_path: Path) -> None:
    table = write_phantom(tmp_path, images=3, size=32, workers=1, format="png", progress=False)
    image = Path(load_records(table, ["effusion"])[1]["image"])
    image.unlink()
    with pytest.raises(LucencyError, match=rf"1 of 3 images cannot be read.*{image.name}: cannot be opened"):
        CliRunner().invoke(app, [str(table), "--out", str(tmp_path / "cache")], catch_exceptions=False)
