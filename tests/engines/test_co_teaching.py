"""What `CoTeaching` chooses, writes and leaves alone, in MONAI's own trainer."""

import logging
import os

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torch.multiprocessing import ProcessExitedException

from lucency.engines import AutocastInferer, CoTeaching
from lucency.errors import ConfigError, LabelError, LucencyError, TableError
from lucency.losses import CoTeachingLoss, MaskedBCELoss
from references.co_teaching import (
    FEATURES,
    FINDINGS,
    IMAGES,
    network,
    records,
    train_on_rank,
    train_until_killed,
    trainer,
    twin_networks,
)
from references.ranks import run_on_ranks
from references.selection import kept as kept_by_sorting
from references.vog import cell_gradients, vog_of_gradients

RATES = {"method": "prior", "positive": 0.3, "negative": 0.2}
DATA = sorted(records(), key=lambda record: record["index"])
PIXELS = torch.stack([record["image"] for record in DATA])
LABELS = torch.stack([record["label"] for record in DATA])
HARD = torch.where((LABELS == 0) | (LABELS == 1), LABELS, torch.nan).double().numpy()
PREVALENCE = np.nanmean(HARD, axis=0)
BOTH = ("", "_second")


class Watch:
    """What stands in `entries.parquet` and in the loss after each epoch, and both networks then."""

    def __init__(self, folder):
        self.folder = folder
        self.epochs = []

    def attach(self, engine):
        from ignite.engine import Events

        engine.add_event_handler(Events.EPOCH_COMPLETED, self)

    def __call__(self, engine):
        twins = engine.network
        states = [{k: v.clone() for k, v in each.state_dict().items()} for each in (twins.first, twins.second)]
        entries = pd.read_parquet(self.folder / "entries.parquet")
        self.epochs.append((states, entries, engine.loss_function.keep.clone().numpy()))


def watched(folder, epochs, **options):
    watch = Watch(folder)
    made = trainer(folder, epochs=epochs, between=watch, **{"rates": RATES, **options})
    made.run()
    return made, watch.epochs


def as_matrix(entries, column):
    """(N, L) from one column of entries, NaN where there is no row."""
    matrix = np.full(HARD.shape, np.nan)
    rows = entries["image"].map({record["file"]: record["index"] for record in DATA})
    matrix[rows, entries["finding"].map(FINDINGS.index)] = entries[column].astype(float)
    return matrix


def in_evaluation(state):
    """Logits and features of all images from a network in a former state."""
    model = network(batch_norm=True)
    model.load_state_dict(state)
    with torch.no_grad():
        features = model.eval()[:-1](PIXELS)
        return model[-1](features), features, model[-1]


def rates_after(epoch, epochs, warm_up=0.2):
    negative = np.minimum(RATES["negative"], PREVALENCE / 2)
    return np.stack([negative, np.full(2, RATES["positive"])]) * min(1, epoch / (warm_up * epochs))


def test_entries_are_what_both_networks_say_without_augmentation(tmp_path):
    made, epochs = watched(tmp_path, 2)
    assert made.network.training
    for states, entries, _ in epochs:
        known = np.argwhere(~np.isnan(HARD))  # sorted by image, then by finding
        assert entries["image"].tolist() == [DATA[row]["file"] for row, _ in known]
        assert entries["patient"].tolist() == [DATA[row]["patient"] for row, _ in known]
        assert entries["finding"].tolist() == [FINDINGS[column] for _, column in known]
        assert entries["observed"].tolist() == [HARD[row, column] for row, column in known]
        for state, suffix in zip(states, BOTH, strict=True):
            probabilities = torch.sigmoid(in_evaluation(state)[0]).numpy()
            np.testing.assert_allclose(
                entries["probability" + suffix], probabilities[tuple(known.T)], rtol=1e-5, atol=1e-7
            )
            expected = -np.log(np.where(HARD == 1, probabilities, 1 - probabilities))
            np.testing.assert_allclose(entries["loss" + suffix], expected[tuple(known.T)], rtol=1e-4, atol=1e-6)
    assert [str(dtype) for dtype in entries.dtypes[3:]] == ["int8", *["float32"] * 6, "bool", "bool"]
    assert list(entries)[3:] == ["observed", *(n + s for n in ("probability", "loss", "vog", "kept") for s in BOTH)]


@pytest.mark.parametrize("form", ["trace", "exact"])
def test_vog_is_that_of_gradients_over_the_last_epochs(tmp_path, form):
    _, epochs = watched(tmp_path, 4, form=form)
    for place in range(2):
        gradients = []
        for states, _, _ in epochs:
            _, features, last = in_evaluation(states[place])
            gradients.append(cell_gradients(last.weight, last.bias, features, LABELS).detach())
        for epoch, (_, entries, _) in enumerate(epochs, 1):
            vog = as_matrix(entries, "vog" + BOTH[place])
            if epoch < 3:  # T + 1
                assert np.isnan(vog).all()
                continue
            expected = vog_of_gradients(torch.stack(gradients[epoch - 2 : epoch]), form)
            np.testing.assert_allclose(vog, np.where(np.isnan(HARD), np.nan, expected), rtol=0.02, atol=1e-6)


@pytest.mark.parametrize("options", [{}, {"mix": 0}, {"mix": 0.5, "warm_up": 0}, {"snapshots": 0}])
def test_each_network_keeps_the_credible_of_each_stratum(tmp_path, options):
    epochs = 6
    _, seen = watched(tmp_path, epochs, **options)
    differed = False
    for epoch, (states, entries, keep) in enumerate(seen, 1):
        rates = rates_after(epoch, epochs) if options.get("warm_up") != 0 else rates_after(1, 1)
        for place, suffix in enumerate(BOTH):
            z = in_evaluation(states[place])[0].double().numpy()
            losses = np.where(HARD == 1, np.logaddexp(0, -z), np.logaddexp(0, z))
            vog = as_matrix(entries, "vog" + suffix) if epoch > 2 and options.get("snapshots") != 0 else None
            expected = kept_by_sorting(losses, HARD, rates, vog, options.get("mix", 0.2))
            by_loss = kept_by_sorting(losses, HARD, rates, None, 0)
            differed |= bool((expected != by_loss).any())
            np.testing.assert_array_equal(as_matrix(entries, "kept" + suffix) == 1, expected)
            np.testing.assert_array_equal(keep[place], expected | np.isnan(HARD))
    assert differed == (options.get("mix") != 0 and options.get("snapshots") != 0)
    assert (tmp_path / "gradient_snapshots").exists() == (options.get("snapshots") != 0)


def test_nothing_but_the_rate_is_dropped_and_only_after_an_epoch(tmp_path):
    _, epochs = watched(tmp_path, 10)
    for epoch, (_, _, keep) in enumerate(epochs, 1):
        for label in (0, 1):
            counts = (label == HARD).sum(axis=0)
            dropped = np.floor(rates_after(epoch, 10)[label] * counts + 1e-9)
            np.testing.assert_array_equal((~keep & (label == HARD)).sum(axis=1), [dropped] * 2)
    assert dropped.sum() > 0


def test_without_noise_both_networks_learn_as_each_would_by_itself(tmp_path):
    options = {"rates": {"positive": 0, "negative": 0}}
    made = trainer(tmp_path / "twins", epochs=4, **options)
    made.run()
    assert made.loss_function.keep.all()
    for seed, learned in enumerate((made.network.first, made.network.second)):
        alone = network(batch_norm=True, seed=seed)
        trainer(tmp_path / f"{seed}", epochs=4, model=alone, loss=MaskedBCELoss()).run()
        for name, tensor in alone.state_dict().items():
            assert torch.equal(learned.state_dict()[name], tensor), name


def test_dropped_labels_change_what_is_learned_and_unknown_ones_never_do(tmp_path):
    made = trainer(tmp_path / "a", epochs=3, rates=RATES)
    made.run()
    alone = network(batch_norm=True)
    trainer(tmp_path / "alone", epochs=3, model=alone, loss=MaskedBCELoss()).run()
    assert not torch.equal(made.network.first[0].weight, alone[0].weight)
    entries = pd.read_parquet(tmp_path / "a" / "entries.parquet")
    assert len(entries) == (~np.isnan(HARD)).sum()
    assert made.loss_function.keep[:, torch.from_numpy(np.isnan(HARD))].all()


def state_of(made, folder):
    """All that a finished run leaves."""
    files = {name: (folder / name).read_bytes() for name in ("entries.parquet", "noise_rates.csv", "history.csv")}
    return {**made.network.state_dict(), "keep": made.loss_function.keep}, files


def assert_same_run(one, other):
    for name, tensor in one[0].items():
        assert torch.equal(other[0][name], tensor), name
    assert one[1] == other[1]


class Killed(BaseException):
    """Stands for the end of the process; nothing may put things in order after it."""


class BeforeCheckpoint:
    """End the run in an epoch, with the choice made and the checkpoint not yet written."""

    def __init__(self, epoch):
        self.epoch = epoch

    def attach(self, engine):
        from ignite.engine import Events

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
        from ignite.engine import Events

        engine.add_event_handler(Events.EPOCH_COMPLETED, lambda: self.texts.append(self.path.read_text()))


@pytest.mark.parametrize("method", ["gmm", "confident_joint"])
def test_estimated_rates_are_capped_and_stay_after_the_warm_up(tmp_path, method):
    seen = Rates(tmp_path)
    trainer(tmp_path, epochs=6, warm_up=0.5, rates={"method": method, "least": 4}, between=seen).run()
    assert seen.texts[0] != seen.texts[2] == seen.texts[5]
    table = pd.read_csv(seen.path).set_index(["label", "finding"])
    assert table["source"].eq(method).all()
    assert (table.loc["negative", "rate"].loc[FINDINGS] <= PREVALENCE / 2 + 1e-12).all()
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


def test_mixed_precision_chooses_from_its_own_logits(tmp_path):
    made, epochs = watched(tmp_path, 3, more={"inferer": AutocastInferer(enabled=True)})
    exact = torch.sigmoid(in_evaluation(epochs[-1][0][0])[0]).numpy()
    said = as_matrix(epochs[-1][1], "probability")
    known = ~np.isnan(said)
    np.testing.assert_allclose(said[known], exact[known], atol=0.03)
    assert not np.allclose(said[known], exact[known], atol=1e-6)
    assert np.isfinite(as_matrix(epochs[-1][1], "vog")[known]).all()
    assert not made.loss_function.keep.all()


@pytest.mark.filterwarnings("ignore:.*CUDA is not available")
def test_a_gradient_scaler_changes_nothing(tmp_path):
    """On a CPU autocast for CUDA stays off, so that only the scaling is left."""
    made = []
    for amp in (False, True):
        run = trainer(tmp_path / str(amp), epochs=3, rates=RATES)
        run.amp, run.scaler = amp, torch.amp.GradScaler("cpu", init_scale=2.0**10) if amp else None
        run.run()
        made.append(run)
    for name, tensor in made[0].network.state_dict().items():
        torch.testing.assert_close(made[1].network.state_dict()[name], tensor, rtol=1e-4, atol=1e-5)


def test_images_are_called_as_in_the_table(tmp_path):
    about = "1,,PA,61,F,nih,train"
    names = [f"x/{place:02}.png" for place in range(IMAGES - 1)] + [str(tmp_path / "x" / "whole.png")]
    rows = [f"{name},{about},unmentioned,unmentioned" for name in names]
    header = "image,patient,study,view,age,sex,source,split,edema,mass"
    (tmp_path / "table.csv").write_text("\n".join([header, *rows]) + "\n")
    data = [{**record, "file": os.path.join(tmp_path, names[record["index"]])} for record in records()]
    trainer(tmp_path / "run", epochs=1, data=data, table=tmp_path / "table.csv").run()
    assert set(pd.read_parquet(tmp_path / "run" / "entries.parquet")["image"]) <= set(names)
    data[3]["file"] = str(tmp_path / "y.png")
    with pytest.raises(TableError, match=r"table\.csv: has no image .*y\.png; give the table that data was read from"):
        trainer(tmp_path / "run", epochs=1, data=data, table=tmp_path / "table.csv")


def test_a_network_that_has_diverged_is_an_error(tmp_path):
    made = trainer(tmp_path, epochs=1, transform=lambda record: {**record, "image": record["image"] * torch.inf})
    with pytest.raises(LucencyError, match="epoch 1: a network's logits are not finite; lower the learning rate"):
        made.run()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"network": nn.Linear(FEATURES, 2)}, ConfigError, "network is a Linear; give lucency.networks.TwinNetworks"),
        ({"loss": MaskedBCELoss()}, ConfigError, "loss is a MaskedBCELoss; give lucency.losses.CoTeachingLoss"),
        ({"loss": CoTeachingLoss(images=3, findings=2)}, ConfigError, "loss is of 3 images and 2 findings, data of 32"),
        ({"rates": {"positiv": 0.1}}, ConfigError, "no setting 'positiv'; did you mean 'positive'"),
        ({"rates": {"targets": LABELS}}, ConfigError, "no setting 'targets'"),
        ({"rates": {"method": "gm"}}, ConfigError, "'gm' is not known; did you mean 'gmm'"),
        ({"rates": {"positive": 1.5}}, ConfigError, "positive cannot be 1.5"),
        ({"rates": {"positive": {"oedema": 0.1}}}, LabelError, "'oedema' is not among the findings"),
        ({"warm_up": 2}, ConfigError, "warm_up is 2"),
        ({"exponent": 0}, ConfigError, "exponent is 0"),
        ({"mix": -0.1}, ConfigError, "mix is -0.1"),
        ({"form": "variance"}, ConfigError, "unknown form of VoG 'variance'"),
        ({"layer": "fc"}, ConfigError, "has no layer 'fc'"),
    ],
)
def test_what_does_not_fit_is_refused_before_training(tmp_path, options, error, message):
    given = {"folder": tmp_path, "network": twin_networks(), "loss": CoTeachingLoss(images=IMAGES, findings=2)}
    given |= {"data": records(), "findings": FINDINGS, "transform": None, "batch_size": 4}
    with pytest.raises(error, match=message):
        CoTeaching(**(given | options))


@pytest.mark.slow
def test_two_ranks_learn_and_choose_what_one_process_does(tmp_path):
    options = {"rates": RATES}
    ranks = run_on_ranks(train_on_rank, tmp_path, str(tmp_path / "ranks"), options)
    model = twin_networks(batch_norm=False).double()
    data = records(dtype=torch.float64)
    one = trainer(tmp_path / "one", epochs=5, model=model, data=data, shuffle=False, **options)
    one.run()
    assert not one.loss_function.keep.all()
    for learned in ranks:
        assert torch.equal(learned["keep"], one.loss_function.keep)
        for name, tensor in model.state_dict().items():
            torch.testing.assert_close(learned["network"][name], tensor, rtol=1e-6, atol=1e-8)
    entries = [pd.read_parquet(tmp_path / name / "entries.parquet") for name in ("ranks", "one")]
    pd.testing.assert_frame_equal(*entries, rtol=1e-3)
    assert entries[0]["vog"].notna().all()
    rates = [(tmp_path / name / "noise_rates.csv").read_text() for name in ("ranks", "one")]
    assert rates[0] == rates[1]
