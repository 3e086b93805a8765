"""What `CoTeaching` chooses, writes and leaves alone, in MONAI's own trainer."""

import numpy as np
import pandas as pd
import pytest
import torch
from ignite.engine import Events

from lucency.engines import AutocastInferer
from lucency.losses import MaskedBCELoss
from references.co_teaching import (
    FINDINGS,
    RATES,
    network,
    observed_labels,
    records,
    train_on_rank,
    trainer,
    twin_networks,
)
from references.ranks import run_on_ranks
from references.selection import kept as kept_by_sorting
from references.vog import cell_gradients, vog_of_gradients

DATA = sorted(records(), key=lambda record: record["index"])
PIXELS = torch.stack([record["image"] for record in DATA])
LABELS = torch.stack([record["label"] for record in DATA])
HARD = observed_labels(DATA)
PREVALENCE = np.nanmean(HARD, axis=0)
BOTH = ("", "_second")


class Watch:
    """What stands in `entries.parquet` and in the loss after each epoch, and both networks then."""

    def __init__(self, folder):
        self.folder = folder
        self.epochs = []

    def attach(self, engine):
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
