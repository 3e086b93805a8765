"""Gradients of several batches make one step, as one large batch would; schedules and checkpoints count epochs."""

import pytest
import torch
from monai.engines import SupervisedEvaluator, SupervisedTrainer
from monai.engines.utils import IterationEvents
from monai.handlers import LrScheduleHandler
from torch import nn

from lucency.engines import AccumulatedSteps, EmaTeacher, RunCheckpoint

IMAGES, FEATURES = 15, 5


def batches(size):
    generator = torch.Generator().manual_seed(1)
    images, labels = torch.randn(IMAGES, FEATURES, generator=generator), torch.ones(IMAGES, 2)
    return [{"image": i, "label": y} for i, y in zip(images.split(size), labels.split(size), strict=True)]


def train(size, accumulate, *, epochs=3, handlers=(), folder=None, average=False):
    """A network trained with AdamW and a schedule, and the teacher that followed it."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(FEATURES, 4), nn.Tanh(), nn.Linear(4, 2))
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.1, fused=True)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    loss = nn.BCEWithLogitsLoss()
    teacher = EmaTeacher(network=network, momentum=0.3) if average else None
    further = [teacher] if teacher else []
    if folder is not None:
        evaluator = SupervisedEvaluator("cpu", batches(size), network, decollate=False)
        state = {"network": network, "optimizer": optimizer, "lr_scheduler": schedule, "loss": loss}
        further.append(RunCheckpoint(folder=folder, evaluator=evaluator, teacher=teacher, **state))
    trainer = SupervisedTrainer(
        torch.device("cpu"), epochs, batches(size), network, optimizer, loss, accumulation_steps=accumulate,
        train_handlers=[AccumulatedSteps(), *handlers, LrScheduleHandler(schedule, print_lr=False), *further],
        decollate=False, optim_set_to_none=True,
    )  # fmt: skip
    trainer.run()
    return network.state_dict(), teacher.network.state_dict() if teacher else {}, optimizer


def assert_same(first, second, **tolerances):
    assert first.keys() == second.keys()
    for name, tensor in first.items():
        torch.testing.assert_close(tensor, second[name], **tolerances)


@pytest.mark.parametrize(("size", "accumulate"), [(5, 3), (3, 5), (1, 15)])
def test_several_batches_make_the_step_of_one_large_batch(size, accumulate):
    small, _, optimizer = train(size, accumulate)
    large, _, other = train(IMAGES, 1)
    assert_same(small, large, rtol=1e-4, atol=1e-5)
    assert optimizer.param_groups[0]["lr"] == other.param_groups[0]["lr"] == 0.1 * 0.5**3
    assert {int(state["step"]) for state in optimizer.state.values()} == {3}


def test_the_last_step_of_an_epoch_counts_fully():
    several, _, optimizer = train(3, 4)  # of 12 images, then of 3
    two, _, _ = train(12, 1)
    assert_same(several, two, rtol=1e-4, atol=1e-5)
    assert {int(state["step"]) for state in optimizer.state.values()} == {6}


def test_gradients_of_a_short_step_would_be_too_small_without_the_handler(monkeypatch):
    seen = {}

    def norm(trainer):
        key = trainer.state.iteration
        seen.setdefault(key, []).append(trainer.network[0].weight.grad.norm().item())

    class Watch:
        def attach(self, engine):
            engine.add_event_handler(IterationEvents.BACKWARD_COMPLETED, norm)

    train(3, 4, epochs=1, handlers=[Watch()])
    monkeypatch.setattr(AccumulatedSteps, "attach", lambda self, engine: None)
    train(3, 4, epochs=1, handlers=[Watch()])
    assert seen[4][0] == pytest.approx(seen[4][1])
    assert seen[5][0] == pytest.approx(4 * seen[5][1])


def test_a_teacher_follows_steps_and_not_batches():
    _, small, _ = train(3, 4, average=True)
    _, large, _ = train(12, 1, average=True)
    assert_same(small, large, rtol=1e-4, atol=1e-5)


def test_a_run_that_goes_on_ends_as_an_unbroken_one(tmp_path):
    whole = train(3, 4, average=True, folder=tmp_path / "whole")
    train(3, 4, average=True, folder=tmp_path / "parts", epochs=1)
    parts = train(3, 4, average=True, folder=tmp_path / "parts")
    for first, second in zip(whole[:2], parts[:2], strict=True):
        assert_same(first, second, rtol=0, atol=0)
