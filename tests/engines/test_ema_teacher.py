"""The teacher is the average that it says it is, and a run with one resumes exactly."""

import pytest
import torch
from ignite.engine import Events
from monai.data import DataLoader, Dataset
from monai.engines import SupervisedEvaluator
from monai.handlers import LrScheduleHandler, ValidationHandler
from monai.transforms import RandGaussianNoised

from lucency.engines import EmaTeacher, RunCheckpoint, SeedEveryEpoch
from lucency.errors import ConfigError
from lucency.metrics import FindingMetrics
from references.two_views import FINDINGS, network, records, two_view_trainer


def copy_of(model):
    return {name: tensor.double().clone() for name, tensor in model.state_dict().items()}


@pytest.mark.parametrize("momentum", [0.01, 0.3])
def test_it_is_the_plain_average_at_first_and_then_a_moving_one(momentum):
    model = network(batch_norm=True)
    teacher = EmaTeacher(network=model, momentum=momentum)
    trainer = two_view_trainer(model, records(), teacher=teacher)
    steps = []
    trainer.add_event_handler(Events.ITERATION_COMPLETED, lambda engine: steps.append(copy_of(model)))
    trainer.run()
    assert len(steps) == 6
    for name, tensor in teacher.network.state_dict().items():
        if name in ("0.bias", "1.num_batches_tracked"):  # the first has no gradient before a batch norm
            continue
        if momentum == 0.01:
            expected = sum(step[name] for step in steps) / len(steps)
        else:
            expected = steps[0][name]
            for place, step in enumerate(steps[1:], start=2):
                share = max(momentum, 1 / place)
                expected = (1 - share) * expected + share * step[name]
        torch.testing.assert_close(tensor.double(), expected, rtol=1e-4, atol=1e-6)
        assert not torch.equal(tensor, model.state_dict()[name]), name


def test_it_stays_in_evaluation_and_out_of_the_optimisation():
    model = network(batch_norm=True)
    teacher = EmaTeacher(network=model, momentum=0.1)
    two_view_trainer(model, records(), teacher=teacher).run()
    assert not teacher.network.training
    assert model.training
    assert not any(parameter.requires_grad for parameter in teacher.network.parameters())
    assert all(parameter.grad is None for parameter in teacher.network.parameters())


def test_it_starts_from_weights_that_were_loaded_after_it_was_made():
    model = network()
    teacher = EmaTeacher(network=model, momentum=0.1)
    with torch.no_grad():
        model[0].weight.fill_(0.25)
    trainer = two_view_trainer(model, records(), teacher=teacher)
    first = []
    trainer.add_event_handler(Events.ITERATION_STARTED(once=1), lambda engine: first.append(copy_of(teacher.network)))
    trainer.run()
    assert (first[0]["0.weight"] == 0.25).all()


def test_its_pseudo_labels_are_the_ones_that_are_used():
    runs = []
    for make in (lambda model: None, lambda model: EmaTeacher(network=model, momentum=0.1)):
        model = network()
        two_view_trainer(model, records(), teacher=make(model)).run()
        runs.append(model[0].weight.detach())
    assert not torch.allclose(*runs)


@pytest.mark.parametrize("momentum", [0, 1, 0.0, 1.0, -0.1, None, torch.nan])
def test_a_momentum_outside_its_range_is_refused(momentum):
    with pytest.raises(ConfigError, match=f"EmaTeacher: momentum is {momentum}; give a number between 0 and 1"):
        EmaTeacher(network=network(), momentum=momentum)


def run(folder, epochs, *, stop_after=None, with_teacher=True, validate_teacher=False):
    """Train on noisy views with everything that a bundle has; perhaps cut short."""
    model = network(batch_norm=True)
    teacher = EmaTeacher(network=model, momentum=0.1) if with_teacher else None
    dataset = Dataset(records(), RandGaussianNoised(["image", "image_strong"], prob=1.0))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    complete = [{**record, "label": record["label"].nan_to_num(i % 2)} for i, record in enumerate(records())]
    evaluator = SupervisedEvaluator(
        device="cpu",
        val_data_loader=DataLoader(Dataset(complete), batch_size=4),
        network=teacher.network if validate_teacher else model,
        key_val_metric={"val_macro_auroc": FindingMetrics(findings=["mass", "nodule", "effusion"][:FINDINGS])},
        decollate=False,
    )
    checkpoint = RunCheckpoint(
        folder=folder,
        network=model,
        optimizer=optimizer,
        lr_scheduler=schedule,
        loss=torch.nn.Identity(),
        evaluator=evaluator,
        teacher=teacher,
    )
    handlers = [
        SeedEveryEpoch(seed=3, dataset=dataset),
        *([teacher] if teacher else []),
        ValidationHandler(1, evaluator),
        LrScheduleHandler(schedule, print_lr=False),
        checkpoint,
    ]
    trainer = two_view_trainer(
        model,
        records(),
        epochs=epochs,
        teacher=teacher,
        train_data_loader=DataLoader(dataset, batch_size=4, shuffle=True),
        optimizer=optimizer,
        train_handlers=handlers,
    )
    if stop_after is not None:
        trainer.add_event_handler(Events.EPOCH_COMPLETED(once=stop_after), trainer.terminate)
    trainer.run()
    return model, teacher, checkpoint


@pytest.mark.parametrize("validate_teacher", [False, True])
def test_a_run_in_parts_equals_one_in_one(tmp_path, validate_teacher):
    options = {"validate_teacher": validate_teacher}
    whole = run(tmp_path / "whole", 4, **options)
    for epoch in (2, 3, None):
        parts = run(tmp_path / "parts", 4, stop_after=epoch, **options)
    networks = [(model, teacher.network) for model, teacher, _ in (whole, parts)]
    for one, other in zip(*networks, strict=True):
        for name, tensor in one.state_dict().items():
            assert torch.equal(tensor, other.state_dict()[name]), name
    assert parts[2].history == whole[2].history
    best = [torch.load(tmp_path / name / "model.pt", weights_only=True) for name in ("whole", "parts")]
    assert all(torch.equal(best[0][name], best[1][name]) for name in best[0])


def test_the_checkpoint_keeps_what_was_validated(tmp_path):
    for validate_teacher in (False, True):
        folder = tmp_path / str(validate_teacher)
        _, _, checkpoint = run(folder, 3, validate_teacher=validate_teacher)
        best = int(max(checkpoint.history, key=lambda row: row["val_macro_auroc"])["epoch"])
        model, teacher, _ = run(tmp_path / f"{validate_teacher} until the best", best)
        expected = (teacher.network if validate_teacher else model).state_dict()
        saved = torch.load(folder / "model.pt", weights_only=True)
        assert saved.keys() == expected.keys()
        for name, tensor in expected.items():
            assert torch.equal(saved[name], tensor), name


@pytest.mark.parametrize(("before", "left"), [(True, "with"), (False, "without")])
def test_a_checkpoint_of_a_run_with_or_without_a_teacher_is_named(tmp_path, before, left):
    run(tmp_path, 1, with_teacher=before)
    with pytest.raises(ConfigError, match=rf"last\.pt: left by a run {left} a teacher; choose another ckpt_dir"):
        run(tmp_path, 2, with_teacher=not before)
