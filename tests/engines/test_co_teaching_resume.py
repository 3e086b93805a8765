"""A co-teaching run that is killed, or has lost a file, and what its rates of wrong labels rest on."""

import logging

import numpy as np
import pandas as pd
import pytest
import torch
from ignite.engine import Events
from torch.multiprocessing import ProcessExitedException

from lucency.errors import ConfigError
from references.co_teaching import FINDINGS, IMAGES, RATES, observed_labels, records, train_until_killed, trainer


class Killed(BaseException):
    """Stands for the end of the process; nothing may put things in order after it."""


class BeforeCheckpoint:
    """End the run in an epoch, with the choice made and the checkpoint not yet written."""

    def __init__(self, epoch):
        self.epoch = epoch

    def attach(self, engine):
        engine.add_event_handler(Events.EPOCH_COMPLETED(once=self.epoch), self)

    def __call__(self, engine):
        raise Killed


def while_reading(epochs):
    """A transform that ends the run half way through the choice after that many epochs."""
    left = epochs * IMAGES - IMAGES // 2

    def read(record):
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed
        return record

    return read


def state_of(made, folder):
    """All that a finished run leaves."""
    files = {name: (folder / name).read_bytes() for name in ("entries.parquet", "noise_rates.csv", "history.csv")}
    return {**made.network.state_dict(), "keep": made.loss_function.keep}, files


def assert_same_run(one, other):
    for name, tensor in one[0].items():
        assert torch.equal(other[0][name], tensor), name
    assert one[1] == other[1]


@pytest.mark.parametrize("rates", [RATES, {"method": "gmm", "least": 4}], ids=["prior", "gmm"])
@pytest.mark.parametrize("when", ["before the checkpoint", "while reading"])
def test_a_run_that_is_killed_ends_as_an_unbroken_one(tmp_path, when, rates):
    options = {"epochs": 8, "rates": rates, "snapshots": 3, "warm_up": 0.5}
    whole = trainer(tmp_path / "whole", **options)
    whole.run()
    for begun, epoch in ((1, 2), (2, 6)):
        early = when == "while reading"
        more = {"transform": while_reading(epoch - begun + 1)} if early else {"between": BeforeCheckpoint(epoch)}
        with pytest.raises(Killed):
            trainer(tmp_path / "parts", **options, **more).run()
        assert torch.load(tmp_path / "parts" / "last.pt", weights_only=True)["epoch"] == epoch - 1
    parts = trainer(tmp_path / "parts", **options)
    parts.run()
    assert_same_run(state_of(whole, tmp_path / "whole"), state_of(parts, tmp_path / "parts"))


@pytest.mark.slow
def test_a_process_that_is_killed_goes_on_as_an_unbroken_one(tmp_path):
    options = {"epochs": 5, "rates": RATES}
    whole = trainer(tmp_path / "whole", **options)
    whole.run()
    with pytest.raises(ProcessExitedException, match="SIGKILL"):
        torch.multiprocessing.spawn(train_until_killed, (str(tmp_path / "parts"), 4, options))
    assert torch.load(tmp_path / "parts" / "last.pt", weights_only=True)["epoch"] == 3
    parts = trainer(tmp_path / "parts", **options)
    parts.run()
    assert_same_run(state_of(whole, tmp_path / "whole"), state_of(parts, tmp_path / "parts"))


@pytest.mark.parametrize("left", [0, 2])
def test_lost_snapshots_are_told_and_the_run_goes_on(tmp_path, caplog, left):
    options = {"rates": RATES, "snapshots": 3}
    trainer(tmp_path, epochs=5, **options).run()
    for name in ("first", "second"):
        header = tmp_path / "gradient_snapshots" / name / "snapshots.json"
        header.write_text('{"complete": [{"step": 1, "slot": 0}, {"step": 2, "slot": 1}], "writing": null}')
        if left == 0:
            header.unlink()
    with caplog.at_level(logging.WARNING):
        trainer(tmp_path, epochs=7, **options).run()
    assert "lacks epoch 3, 4, 5, which the checkpoint has behind it; until there are enough again" in caplog.text
    assert pd.read_parquet(tmp_path / "entries.parquet")["vog"].isna().all()
    trainer(tmp_path, epochs=8, **options).run()
    assert pd.read_parquet(tmp_path / "entries.parquet")["vog"].notna().all()


def test_an_unbroken_run_and_one_that_starts_afresh_say_nothing_of_snapshots(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        trainer(tmp_path, epochs=3, rates=RATES).run()
        trainer(tmp_path, epochs=4, rates=RATES).run()
        (tmp_path / "last.pt").unlink()
        trainer(tmp_path, epochs=1, rates=RATES).run()
    assert "lacks epoch" not in caplog.text
    assert pd.read_parquet(tmp_path / "entries.parquet")["vog"].isna().all()


class Rates:
    """What `noise_rates.csv` says after each epoch."""

    def __init__(self, folder):
        self.path = folder / "noise_rates.csv"
        self.texts = []

    def attach(self, engine):
        engine.add_event_handler(Events.EPOCH_COMPLETED, lambda: self.texts.append(self.path.read_text()))


@pytest.mark.parametrize("method", ["gmm", "confident_joint"])
def test_estimated_rates_are_capped_and_stay_after_the_warm_up(tmp_path, method):
    seen = Rates(tmp_path)
    trainer(tmp_path, epochs=6, warm_up=0.5, rates={"method": method, "least": 4}, between=seen).run()
    assert seen.texts[0] != seen.texts[2] == seen.texts[5]
    prevalence = np.nanmean(observed_labels(records()), axis=0)
    table = pd.read_csv(seen.path).set_index(["label", "finding"])
    assert table["source"].eq(method).all()
    assert (table.loc["negative", "rate"].loc[FINDINGS] <= prevalence / 2 + 1e-12).all()
    assert (table.loc["positive", "rate"] <= 0.5).all()


def test_rates_that_are_gone_are_named(tmp_path):
    options = {"rates": {"method": "gmm", "least": 4}}
    trainer(tmp_path, epochs=3, **options).run()
    for text in (None, "finding,label,rate\nedema,positive,0.1\n"):
        (tmp_path / "noise_rates.csv").unlink()
        if text:
            (tmp_path / "noise_rates.csv").write_text(text)
        with pytest.raises(ConfigError, match=r"noise_rates\.csv: holds no rates of these .*put the file back"):
            trainer(tmp_path, epochs=4, **options).run()
        (tmp_path / "noise_rates.csv").touch()
