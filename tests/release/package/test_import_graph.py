"""Which modules a name needs."""

import pytest

from lucency.errors import ConfigError
from lucency.release.package.import_graph import imports_of, needed_modules, source_of
from support import python


def test_names_that_are_imported_on_first_use_count_only_when_taken():
    modules = needed_modules(["lucency.transforms.BatchGamma"])
    assert "lucency.transforms.batch_gamma" in modules
    assert "lucency.transforms.batch_noise" not in modules


def test_imports_inside_functions_count():
    assert "safetensors.torch" in imports_of("lucency.engines.weights").foreign
    assert "lucency.inference.guard.image_network" in needed_modules(["lucency.inference.InputGuard"])


def test_imports_for_type_checkers_do_not():
    assert not [name for _, name in imports_of("lucency.results").own if name == "write_report"]
    assert "lucency.results.report" not in needed_modules(["lucency.results.ScoresWriter"])


def test_what_a_running_process_imports_is_among_what_the_source_tells():
    names = ["lucency.inference.InputGuard", "lucency.results.PredictionTable", "lucency.losses.HillLoss"]
    code = "import pydoc, sys\n" + "".join(f"assert pydoc.locate({name!r})\n" for name in names)
    code += "print(*(name for name in sys.modules if name.split('.')[0] == 'lucency'))"
    done = python("-c", code)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.splitlines()[-1].split()) <= set(needed_modules(names))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lucency.losses.HilLoss", "lucency.losses.HilLoss: there is no such name; did you mean 'HillLoss'"),
        ("lucency.lossez.HillLoss", "lucency.lossez.HillLoss: there is no such name"),
        ("elsewhere.losses.HillLoss", "there is no such name"),
    ],
)
def test_unknown_names(name, message):
    with pytest.raises(ConfigError, match=message):
        needed_modules([name])


def test_source_of():
    assert source_of("lucency.losses").name == "__init__.py"
    assert source_of("lucency.losses.hill").name == "hill.py"
    assert source_of("os.path") is None
