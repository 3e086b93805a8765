"""The arithmetic of the capacity page."""

from pathlib import Path

import pytest


@pytest.fixture
def plan(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "scripts" / "benchmarks")
    return __import__("capacity_parts.plan", fromlist=["plan"])


@pytest.fixture
def driver_share(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "scripts" / "benchmarks")
    return __import__("capacity_parts.driver", fromlist=["driver"])


def test_time_is_bound_by_the_cores_or_by_what_the_storage_delivers(plan):
    here = plan.Circumstances(cores=4, efficiency=0.5, gb_per_s=1, price=None)
    assert plan.core_hours(3600, 1000, here) == 2
    assert plan.hours(3600, 1000, 1e6, here) == 0.5
    assert plan.hours(3600, 1000, 2e9, here) == 2


def test_every_row_is_that_of_its_own_rate(plan, driver_share):
    here = plan.Circumstances(cores=2, efficiency=1, gb_per_s=1000, price=3)
    driver = driver_share.Driver(memory=100, journal=1000, tables=2000)
    table = plan.rows({"a": (1000, 1), "b": (2000, 1)}, {"c": 50_000}, driver, here)
    amounts = {what: amount(36_000) for what, amount in table.items()}
    assert amounts["a: core-hours"] == 10
    assert amounts["b: core-hours"] == 20
    assert amounts["b: hours on 2 cores"] == 10
    assert amounts["b: cost"] == 60
    assert amounts["pixel cache, c: GB"] == pytest.approx(1.8)
    assert amounts["driver of a prediction, memory: GB"] == pytest.approx(0.0036)
    assert plan.markdown({"x": lambda n: n / 4}, [10, 2000]).splitlines()[2] == "| x | 2.5 | 500 |"


def test_the_drivers_share_is_that_of_the_files_it_wrote(driver_share, tmp_path):
    driver = driver_share.measure(tmp_path, files=40, findings=3)
    written = [tmp_path / "out" / name for name in ("predictions.csv", "predictions.json")]
    assert driver.tables * 40 == sum(path.stat().st_size for path in written)
    assert driver.memory > 100
    assert driver.journal > 300
