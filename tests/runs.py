"""What tests of the bundles' workflows do alike: stop a run, start one on two ranks, compare weights and answers."""

from contextlib import contextmanager

import pandas as pd
import pytest
import torch

from lucency.bundle import run_bundle
from lucency.engines import RunCheckpoint
from support import as_arguments, python


class StopError(Exception):
    """Ends a run on purpose."""


@contextmanager
def stopping(monkeypatch, *, epoch=1, saved=True):
    """Training inside ends with an epoch, its checkpoint written or not."""
    save = RunCheckpoint._save

    def save_and_stop(self, engine):
        if saved or engine.state.epoch < epoch:
            save(self, engine)
        if engine.state.epoch == epoch:
            raise StopError

    with monkeypatch.context() as patch:
        patch.setattr(RunCheckpoint, "_save", save_and_stop)
        with pytest.raises(RuntimeError) as caught:
            yield
    assert isinstance(caught.value.__cause__, StopError)


def train_on_two_ranks(bundle, names, folder, **options):
    """MONAI's own runner trains by some files of a bundle in `folder`, and leaves nothing there but its ``run``."""
    files = [f"{bundle}/configs/{name}.yaml" for name in (*names, "multi_gpu_train")]
    options |= {"config_file": files, "ckpt_dir": folder / "run", "batch_size": 4}
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    done = python(*launcher, "-m", "monai.bundle", "run", *as_arguments(options), cwd=folder)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in folder.iterdir()] == ["run"]
    state = weights(folder / "run")
    assert not any(key.startswith("module.") for key in state)
    assert all(torch.isfinite(tensor).all() for tensor in state.values())
    return folder / "run"


def weights(folder, name="model.pt"):
    """What a checkpoint file holds."""
    return torch.load(folder / name, weights_only=True)


def same(first, second):
    """Whether two states are equal to the last bit."""
    return first.keys() == second.keys() and all(torch.equal(tensor, second[key]) for key, tensor in first.items())


def evaluate(bundle, settings, study, run, out, groups=None):
    """Scores of the test images by the evaluate workflow."""
    places = {"dataset_dir": str(study), "ckpt_dir": str(run), "output_dir": str(out), "replicates": 5}
    run_bundle(bundle, "evaluate", groups=groups, overrides={**settings, **places})
    return pd.read_csv(out / "scores.csv")


def infer(bundle, settings, images, model, out, groups=None):
    """Predictions of all images by the inference workflow, by file."""
    kept = {key: value for key, value in settings.items() if key.startswith("network_def")}
    kept |= {key: settings[key] for key in ("findings", "image_size", "progress_bar")} | {"check_image": False}
    places = {"dataset_dir": str(images), "weights": str(model), "output_dir": str(out)}
    run_bundle(bundle, "inference", groups=groups, overrides={**kept, **places})
    return pd.read_csv(out / "predictions.csv").set_index("file")


def assert_inference_equals_evaluation(bundle, settings, study, run, folder, groups=None):
    """Both workflows answer alike with the weights of a run."""
    scores = evaluate(bundle, settings, study, run, folder / "evaluation", groups)
    predictions = infer(bundle, settings, study / "images", run / "model.pt", folder / "inference", groups)
    assert len(scores) == 8
    for _, row in scores.iterrows():
        for finding in settings["findings"]:
            expected = pytest.approx(row[f"probability_{finding}"], abs=1e-5)
            assert predictions.loc[row.file.rsplit("/", 1)[1], finding] == expected
