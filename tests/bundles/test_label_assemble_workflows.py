"""The Label-Assemble bundle from end to end: two sources that label different findings, a third that labels none."""

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

from lucency.bundle import run_bundle
from lucency.bundle.keys import flatten
from lucency.errors import explanation
from runs import same, stopping, train_on_two_ranks, weights
from support import BUNDLE as SPML

BUNDLE = SPML.with_name("cxr_label_assemble_classification")
CONFIGS = BUNDLE / "configs"
OPTIONS = sorted((path.parent.name, path.stem) for path in CONFIGS.glob("*/*.yaml") if path.stem != "append")


def train(assembled, folder, groups=None, **overrides):
    return run_bundle(BUNDLE, "train", groups=groups, overrides={**assembled, "ckpt_dir": str(folder), **overrides})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def trained(assembled, folder):
    """Finished workflow of a short training; its checkpoints are in `folder`."""
    return train(assembled, folder)


@pytest.fixture(scope="module")
def scores(assembled, trained, folder):
    """Scores of the test split."""
    return evaluate(assembled, folder, folder / "evaluation")


def evaluate(assembled, folder, out, **overrides):
    places = {"ckpt_dir": str(folder), "output_dir": str(out)}
    run_bundle(BUNDLE, "evaluate", overrides={**assembled, **places, "replicates": 5, **overrides})
    return pd.read_csv(out / "scores.csv").set_index("file")


def test_training_leaves_finite_weights_and_a_curve(trained, folder):
    history = pd.read_csv(folder / "history.csv")
    assert list(history.epoch) == [1, 2, 3]
    assert history[["loss", "val_macro_auroc"]].notna().all(axis=None)
    assert all(torch.isfinite(tensor).all() for tensor in weights(folder).values())
    assert any("queries" in name for name in weights(folder))


def test_every_source_teaches_and_no_cell_is_made_up(trained):
    records = trained.parser.get_parsed_content("train#dataset#data")
    known = pd.DataFrame([np.isfinite(record["label"]) for record in records]).groupby(
        [record["source"] for record in records]
    )
    assert (
        known.min().to_numpy().tolist()
        == known.max().to_numpy().tolist()
        == [
            [True, True, False, True],  # first
            [False, False, False, False],  # pool
            [True, False, True, False],  # second
        ]
    )


def test_two_views_of_one_cached_image(trained):
    batch = next(iter(trained.parser.get_parsed_content("train#dataloader")))
    assert batch["image"].dtype == torch.uint8
    weak, _, (strong,), _ = trained.parser.get_parsed_content("train#prepare_batch")(batch)
    assert weak.shape == strong.shape == batch["image"].shape
    assert not torch.allclose(weak, strong, atol=0.01)
    assert not torch.allclose(weak, batch["image"] / 255, atol=0.01)


def gradient(workflow, source):
    """Largest gradient that the images of one source give."""
    content = workflow.parser.get_parsed_content
    dataset, network, loss = content("train#dataset"), content("network"), content("loss")
    batch = dataset.batch([place for place, record in enumerate(dataset.data) if record["source"] == source])
    images, labels, *further = content("train#trainer").prepare_batch(batch)
    network.train().zero_grad()
    loss(content("train#inferer")(images, network, *(further[0] if further else ())), labels).backward()
    return max(parameter.grad.abs().max().item() for parameter in network.parameters())


def test_images_without_any_label_teach_here_and_not_in_the_naive_union(assembled, trained, tmp_path):
    assert gradient(trained, "pool") > 0
    union = train(assembled, tmp_path, {"baseline": "naive_union"}, max_epochs=1)
    assert gradient(union, "pool") == 0
    assert gradient(union, "first") > 0
    batch = union.parser.get_parsed_content("train#dataset").batch([0])
    assert len(union.parser.get_parsed_content("train#prepare_batch")(batch)) == 2


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_every_option_trains(group, option, assembled, tmp_path):
    train(assembled, tmp_path, {group: option}, max_epochs=1)
    chosen = flatten(yaml.safe_load((CONFIGS / group / f"{option}.yaml").read_text()))
    written = flatten(yaml.safe_load((tmp_path / "config.yaml").read_text()))
    for key, value in chosen.items():
        assert str(written[key.replace("#", "::")]).replace("::", "#") == str(value)
    assert np.isfinite(pd.read_csv(tmp_path / "history.csv").loss).all()


def test_appended_findings_leave_the_others_bit_for_bit(assembled, scores, folder, tmp_path):
    small = {key.replace("network_def#", "network_def#network#"): value for key, value in assembled.items()}
    known = assembled["findings"]
    trained = {"network_def#weights": str(folder / "model.pt"), "network_def#trained_findings": known}
    train(small, tmp_path, {"start": "append"}, **trained, findings=[*known, "mass"])
    before, after = weights(folder), weights(tmp_path)
    assert same(before, {name: after[name] for name in before})
    assert set(after) > set(before)
    options = {"findings": [*known, "mass"], "network_def#appended": 1}
    larger = evaluate(assembled, tmp_path, tmp_path / "evaluation", **options)
    for finding in known:
        assert list(larger[f"probability_{finding}"]) == list(scores[f"probability_{finding}"])
    assert larger.probability_mass.nunique() > 1


def test_a_misspelt_key_is_refused_with_the_nearest(assembled, tmp_path):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - MONAI wraps it
        train(assembled, tmp_path, {"loss": "label_assemble"}, **{"loss#temprature": 2})
    assert explanation(caught.value) == "override 'loss#temprature': no such key; did you mean 'loss::temperature'?"


@pytest.mark.parametrize(
    ("groups", "settings", "message"),
    [
        ({"baseline": "pseudo_labels"}, {"loss#consistency_weight": 1}, "there is one view"),
        ({"baseline": "pseudo_labels", "teacher": "ema"}, {}, "has a teacher and no strong view"),
        (
            {"baseline": "naive_union", "loss": "ramp_up"},
            {},
            "--baseline naive_union and --loss ramp_up both set loss;",
        ),
        ({"queries": "onehot_mlp", "start": "append"}, {}, "both set network_def; choose one"),
        ({}, {"batch_size": 1000}, "fewer images than one batch"),
        ({}, {"image_size": 0}, "spatial_size is 0; give pixels a side"),
    ],
)
def test_what_does_not_go_together_says_so(groups, settings, message, assembled, tmp_path):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - MONAI wraps it
        train(assembled, tmp_path, groups, **settings)
    assert message in explanation(caught.value)
    assert not (tmp_path / "model.pt").exists()


def test_a_stopped_run_ends_with_the_weights_of_an_unbroken_one(assembled, tmp_path, monkeypatch):
    groups = {"loss": "ramp_up", "teacher": "ema", "queries": "random_mlp"}
    unbroken, stopped = tmp_path / "unbroken", tmp_path / "stopped"
    train(assembled, unbroken, groups)
    with stopping(monkeypatch):
        train(assembled, stopped, groups)
    assert len(pd.read_csv(stopped / "history.csv")) == 1
    train(assembled, stopped, groups)
    first, second = (weights(folder, "last.pt") for folder in (unbroken, stopped))
    for part in ("network", "teacher"):
        assert same(first[part], second[part])
    assert not same(first["network"], first["teacher"])
    assert same(weights(unbroken), weights(stopped))


def test_inference_equals_evaluation(assembled, scores, folder, tmp_path):
    keep = {key: value for key, value in assembled.items() if key.startswith("network_def")}
    options = {"findings": assembled["findings"], "image_size": 32, "progress_bar": False, "check_image": False}
    places = {"dataset_dir": assembled["dataset_dir"], "weights": folder / "model.pt", "output_dir": tmp_path}
    run_bundle(BUNDLE, "inference", overrides=keep | options | {key: str(path) for key, path in places.items()})
    predictions = pd.read_csv(tmp_path / "predictions.csv").set_index("file")
    assert len(scores) >= 5
    for file, row in scores.iterrows():
        name = str(file).removeprefix(f"{assembled['dataset_dir']}/")
        for finding in assembled["findings"]:
            assert predictions.loc[name, finding] == pytest.approx(row[f"probability_{finding}"], abs=1e-5)


@pytest.mark.slow
def test_monais_own_runner_trains_on_two_ranks_from_any_folder(assembled, tmp_path):
    run = train_on_two_ranks(BUNDLE, ("train", "teacher/ema"), tmp_path, **assembled)
    last = weights(run, "last.pt")
    for part in ("network", "teacher"):
        assert not any(key.startswith("module.") for key in last[part])
        assert all(torch.isfinite(tensor).all() for tensor in last[part].values())
    assert len(pd.read_csv(run / "history.csv")) == assembled["max_epochs"]
