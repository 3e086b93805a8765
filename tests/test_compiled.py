"""Loops are compiled when they are used enough, and replaced where they cannot be."""

import logging
import subprocess
import sys

import numpy as np

from lucency import compiled as module
from lucency.compiled import compiled


def counted():
    calls = []

    def instead(numbers):
        calls.append(len(numbers))
        return float(np.sum(numbers))

    return calls, instead


def total(numbers):
    result = 0.0
    for number in numbers:
        result += number
    return result


def test_the_first_calls_are_answered_without_numba():
    calls, instead = counted()
    function = compiled(instead=instead, after=2)(total)
    assert [function(np.ones(size)) for size in (1, 2, 3, 4)] == [1, 2, 3, 4]
    assert calls == [1, 2]
    assert function.__name__ == "total"


def test_without_numba_there_is_one_notice(monkeypatch, caplog):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    module._notice.cache_clear()
    caplog.set_level(logging.WARNING)
    calls, instead = counted()
    for function in (compiled(instead=instead)(total), compiled(instead=instead)(total)):
        assert function(np.ones(3)) == 3
    assert calls == [3, 3]
    assert [record.getMessage().count("pip install numba") for record in caplog.records] == [1]


def test_it_compiles_where_no_machine_code_can_be_kept(monkeypatch):
    """A function without a file, as in a notebook or a zip archive, has no place for it."""
    scope = {}
    exec("def twice(number):\n    return number * 2\n", scope)
    assert compiled(instead=lambda number: None)(scope["twice"])(4) == 8


def test_reading_a_file_imports_neither_torch_nor_numba(tmp_path):
    from PIL import Image

    Image.fromarray(np.arange(600, dtype="u2").reshape(30, 20)).save(tmp_path / "a.png")
    program = (
        "import sys; from lucency.transforms import read_radiograph; "
        f"read_radiograph({str(tmp_path / 'a.png')!r}, spatial_size=8); "
        "print(sorted({'torch', 'monai', 'numba', 'nibabel', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
