"""Memory that is kept instead of handed back."""

import os
import platform

import pytest

from support import python

FAULTS = """
import resource, numpy as np
from lucency.memory import keep_freed_memory
{first}
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        np.ones((3000, 3000), np.float32)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(faults())
"""


pytestmark = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only GNU's C library can be told to keep memory"
)


@pytest.fixture(autouse=True)
def nothing_is_told(monkeypatch):
    for name in os.environ:
        if name.startswith(("MALLOC_", "GLIBC_TUNABLES")):
            monkeypatch.delenv(name)


def faults(first: str) -> int:
    return int(python("-c", FAULTS.format(first=first)).stdout)


@pytest.mark.parametrize("most", ["", "512_000_000"])
def test_memory_that_is_kept_is_not_cleared_by_the_kernel_again(most):
    assert faults(f"assert keep_freed_memory({most})") < faults("") / 10


def test_what_the_user_has_told_the_library_is_left_alone(monkeypatch):
    kept = faults("assert keep_freed_memory()")
    monkeypatch.setenv("MALLOC_MMAP_THRESHOLD_", "131072")
    assert faults("assert not keep_freed_memory()") > 10 * kept


TYPED = """
import sys
from lucency import cli
cli.command_line = lambda *verbs: lambda: None
sys.argv = ["lucency", "{verb}"]
cli.main()
"""


def test_the_command_keeps_memory_where_arrays_are_large():
    assert faults(TYPED.format(verb="run")) < faults(TYPED.format(verb="split")) / 10
