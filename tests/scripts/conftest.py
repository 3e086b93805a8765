"""Parts of the benchmarks, which are scripts and not installed."""

import importlib

import pytest

from support import BUNDLE

SCRIPTS = BUNDLE.parents[1] / "scripts" / "benchmarks"


@pytest.fixture
def part(monkeypatch):
    """Import a module of `bench_parts` by its name."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return lambda name: importlib.import_module(f"bench_parts.{name}")
