"""A pixel cache built over Ray is that of one machine."""

import pytest

from lucency.data.phantom import write_phantom
from lucency.data.pixel_cache import PixelSettings, build_pixel_cache
from lucency.errors import LucencyError
from lucency.scale import cache_over_ray, caching

pytestmark = pytest.mark.slow

SETTINGS = PixelSettings(32)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantom")
    write_phantom(folder, images=9, size=64, workers=1, progress=False)
    return sorted(str(path) for path in (folder / "images").rglob("*.dcm"))


def contents(folder):
    return {path.name: path.read_bytes() for path in (folder / SETTINGS.name).iterdir()}


def test_rows_and_index_are_those_of_one_machine_and_what_is_there_needs_no_cluster(files, tmp_path, monkeypatch):
    monkeypatch.setattr(caching, "CHUNK_FILES", 2)
    cut_short = tmp_path / "cut.dcm"
    cut_short.write_bytes(b"DICM")
    with pytest.raises(LucencyError, match="1 of 10 images cannot be read, all others are cached") as caught:
        cache_over_ray([*files, str(cut_short)], tmp_path / "ray", SETTINGS, address="local", workers=2, progress=False)
    assert str(cut_short) in str(caught.value)
    build_pixel_cache(files, tmp_path / "here", SETTINGS, workers=1, progress=False)
    assert contents(tmp_path / "ray") == contents(tmp_path / "here")
    again = cache_over_ray(files, tmp_path / "ray", SETTINGS, address="127.0.0.1:9", progress=False)
    assert (again.find(files) == range(len(files))).all()
