"""Processes that make rows, and decoders that end them."""

import numpy as np
import pytest

from lucency.data.pixel_cache import PixelSettings, build_rows
from lucency.data.pixel_cache import reading_process as reading
from lucency.data.pixel_cache.reading_process import ReadingProcess
from lucency.errors import LucencyError

SETTINGS = PixelSettings(8, depth=16)
FRAGILE = """
import os, lucency.data.pixel_cache.reading_process as reading
whole = reading.build_rows
def fragile(files, settings):
    print("what decoders print is no answer", flush=True)
    return os.abort() if "3.png" in files[0] else whole(files, settings)
reading.build_rows = fragile
reading.main()
"""


@pytest.fixture
def process() -> ReadingProcess:
    """A process that is ended after the test."""
    process = ReadingProcess(SETTINGS)
    yield process
    process.stop()
    process.bury()


def test_it_answers_as_the_function_does(process: ReadingProcess, files: list[str]) -> None:
    asked = [files[0], "absent\udcff.png", *files[1:]]
    rows, reasons = process.build_rows(asked)
    expected, same = build_rows(asked, SETTINGS)
    np.testing.assert_array_equal(rows, expected)
    assert reasons == same
    assert [*reasons] == [1]


def test_a_file_that_ends_it_is_named_and_the_others_are_read(
    process: ReadingProcess, files: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reading, "_PROGRAM", FRAGILE)
    rows, reasons = process.build_rows(files)
    expected, _ = build_rows([file for file in files if "3.png" not in file], SETTINGS)
    np.testing.assert_array_equal(rows[[0, 1, 2, 4]], expected)
    assert reasons == {3: "the decoder ended the process that read it (SIGABRT)"}
    assert rows[3].max() == 0
    assert "no answer" in capfd.readouterr().err


def test_one_that_cannot_start_is_an_error_of_its_own(
    process: ReadingProcess, files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_PROGRAM", "import sys; sys.exit(7)")
    with pytest.raises(LucencyError, match="exit status 7"):
        process.build_rows(files)
