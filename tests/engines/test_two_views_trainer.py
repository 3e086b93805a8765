"""MONAI's own trainer with two views: what it learns, in one process and in two, and with what other losses need."""

import pytest
import torch
from ignite.engine import Events
from monai.data import DataLoader, Dataset, MetaTensor
from monai.engines import SupervisedTrainer

from lucency.engines import EmaTeacher, LossState, NonFiniteLossGuard
from lucency.errors import LucencyError
from lucency.losses import LabelAssembleLoss
from references.ranks import run_on_ranks
from references.two_views import FEATURES, network, records, train_on_rank, two_view_trainer


def step_by_hand(model, data, batch_size, loss=None):
    """One epoch of SGD, written out."""
    loss, optimizer = loss or LabelAssembleLoss(), torch.optim.SGD(model.parameters(), lr=0.3)
    for batch in DataLoader(Dataset(data), batch_size=batch_size):
        optimizer.zero_grad()
        both = model(torch.cat([batch["image"], batch["image_strong"]]))
        half = len(both) // 2
        loss([both[:half], both[half:]], batch["label"]).backward()
        optimizer.step()
    return model


def assert_same_state(one, other, **tolerance):
    for name, tensor in one.items():
        torch.testing.assert_close(other[name], tensor, msg=lambda text, n=name: f"{n}: {text}", **tolerance)


def test_the_trainer_of_monai_does_the_rest():
    """Images of which nothing is known are among the records."""
    model = network(batch_norm=True)
    trainer = two_view_trainer(model, records(), epochs=1)
    seen = []
    trainer.add_event_handler(Events.ITERATION_COMPLETED, lambda engine: seen.append(engine.state.output))
    trainer.run()
    assert_same_state(step_by_hand(network(batch_norm=True), records(), 4).state_dict(), model.state_dict())
    assert [len(output["pred"]) for output in seen] == [2, 2, 2]
    assert torch.equal(seen[0]["image"], torch.stack([record["image"] for record in records()[:4]]))
    assert not torch.equal(model[0].weight, network(batch_norm=True)[0].weight)


def test_meta_tensors_teach_the_same():
    """What MONAI's spatial transforms give, whatever they are given."""
    keys = ("image", "image_strong")
    data = [{**record, **{key: MetaTensor(record[key]) for key in keys}} for record in records()]
    models = network(), network()
    for model, views_of in zip(models, (records(), data), strict=True):
        two_view_trainer(model, views_of).run()
    assert_same_state(models[0].state_dict(), models[1].state_dict(), rtol=0, atol=0)


def test_images_without_any_label_alone_are_trained_on():
    data = [{**record, "label": torch.full_like(record["label"], torch.nan)} for record in records()]
    model = network()
    two_view_trainer(model, data, train_handlers=[NonFiniteLossGuard()]).run()
    assert not torch.equal(model[0].weight, network()[0].weight)
    assert all(torch.isfinite(parameter).all() for parameter in model.parameters())


def test_a_gradient_scaler_changes_nothing():
    """On a CPU autocast for CUDA stays off, so that only the scaling is left."""
    model = network()
    trainer = two_view_trainer(model, records(), epochs=1)
    trainer.amp, trainer.scaler = True, torch.amp.GradScaler("cpu", init_scale=2.0**10)
    with pytest.warns(UserWarning, match="CUDA is not available"):
        trainer.run()
    assert_same_state(step_by_hand(network(), records(), 4).state_dict(), model.state_dict())


def test_the_handlers_of_other_losses_work_with_two_views():
    data = records()
    model = network()
    loss = LabelAssembleLoss(ramp_up=1)
    state = LossState(data=data, transform=None, batch_size=5)
    told = []
    trainer = two_view_trainer(model, data, epochs=3, loss_function=loss, train_handlers=[state, NonFiniteLossGuard()])
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda engine: told.append(loss.ramp_up.factor()))
    trainer.run()
    assert told == pytest.approx([0, 1 / 3, 2 / 3])
    with torch.no_grad():
        expected = model.eval()(torch.stack([record["image"] for record in data]))
    torch.testing.assert_close(state.predict(trainer), expected)


def test_a_diverged_view_ends_the_run():
    data = records()
    data[3]["image_strong"] = torch.full((FEATURES,), torch.inf)
    with pytest.raises(LucencyError, match=r"LabelAssembleLoss: logit nan in row 3|logit inf in row 3"):
        two_view_trainer(network(), data).run()


def test_one_view_trains_by_the_defaults_of_the_trainer():
    model = network()
    SupervisedTrainer(
        device="cpu",
        max_epochs=1,
        train_data_loader=DataLoader(Dataset(records()), batch_size=4),
        network=model,
        optimizer=torch.optim.SGD(model.parameters(), lr=0.3),
        loss_function=LabelAssembleLoss(consistency_weight=0),
        decollate=False,
    ).run()
    expected = network()
    loss, optimizer = LabelAssembleLoss(consistency_weight=0), torch.optim.SGD(expected.parameters(), lr=0.3)
    for batch in DataLoader(Dataset(records()), batch_size=4):
        optimizer.zero_grad()
        loss(expected(batch["image"]), batch["label"]).backward()
        optimizer.step()
    assert_same_state(expected.state_dict(), model.state_dict())


@pytest.mark.slow
def test_two_ranks_learn_what_one_process_learns(tmp_path):
    """Without batch normalisation, which looks at a rank's own images, network and teacher are those of one process."""
    data = records()
    ranks = run_on_ranks(train_on_rank, tmp_path, data)
    model = network()
    teacher = EmaTeacher(network=model, momentum=0.1)
    two_view_trainer(model, data, teacher=teacher).run()
    for learned in ranks:
        assert_same_state(model.state_dict(), learned["plain"]["network"], rtol=1e-4, atol=1e-6)
        assert_same_state(teacher.network.state_dict(), learned["plain"]["teacher"], rtol=1e-4, atol=1e-6)
    alone = network()  # control: one rank's share by itself teaches something else
    two_view_trainer(alone, [data[i] for i in range(12) if i % 4 < 2], batch_size=2).run()
    assert not torch.allclose(alone[0].weight, ranks[0]["plain"]["network"]["0.weight"], rtol=1e-2)

    first, second = (learned["with batch norm"] for learned in ranks)
    for name, tensor in first["teacher"].items():  # the statistics too, at the end of an epoch
        assert torch.equal(tensor, second["teacher"][name]), name
    assert not torch.equal(first["network"]["1.running_mean"], second["network"]["1.running_mean"])
