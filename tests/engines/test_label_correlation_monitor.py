"""The monitor of label correlations on small real trainers."""

import logging

import numpy as np
import pytest
import torch
from ignite.engine import Events
from monai.data import DataLoader, Dataset
from monai.engines import SupervisedTrainer
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import nn

from lucency.engines import LabelCorrelationMonitor
from lucency.engines import label_correlation_monitor as module
from lucency.errors import ConfigError
from lucency.losses import CorrelationConsistency, LabelCorrelationLoss, LabelCorrelations

FINDINGS = ["edema", "effusion", "pleural_thickening"]
EVEN = np.full((3, 3), 1 / 3)


class Said(nn.Module):
    """Says for each image, which is one of the numbers -1, 0, 1, correlations that differ by `spread` of this epoch."""

    def __init__(self, spreads=(0.3,), findings=3, keep=LabelCorrelations._replace):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(findings))
        self.spreads, self.keep, self.epoch = spreads, keep, 0

    def forward(self, image):
        count = len(self.weight)
        tilt = torch.zeros(count, count)
        tilt[:, 0], tilt[:, -1] = 1.0, -1.0 if count > 1 else 1.0
        L = 1 / count + image.reshape(-1, 1, 1) * self.spreads[min(self.epoch, len(self.spreads) - 1)] * tilt
        G = torch.full((count, count), 1 / count)
        return self.keep(LabelCorrelations(self.weight.expand(len(image), -1), G, L, None))


def local(spread, images):
    """Reference for `Said`: standard deviation over the images, root mean square over cells, times their number."""
    tilt = np.array([[1.0, 0.0, -1.0]] * 3)
    cells = np.array([1 / 3 + image * spread * tilt for image in images])
    return 3 * np.sqrt(np.mean([[cells[:, c, k].var() for k in range(3)] for c in range(3)]))


def trained(monitor, network=None, *, epochs=1, batch_size=4, before=0, loss=None):
    """A trainer that has run on the images -1, 0, 1, -1, 0, 1, -1, 0."""
    network = network or Said()
    data = [{"image": torch.tensor([i % 3 - 1.0]), "label": torch.ones(3)} for i in range(8)]
    trainer = SupervisedTrainer(
        device="cpu",
        max_epochs=epochs,
        train_data_loader=DataLoader(Dataset(data), batch_size=batch_size),
        network=network,
        optimizer=torch.optim.SGD(network.parameters(), lr=0.0),
        loss_function=loss or (lambda output, target: output[0].sum()),
        train_handlers=[monitor],
        decollate=False,
    )

    @trainer.on(Events.EPOCH_STARTED)
    def tell(engine):
        network.epoch = engine.state.epoch - 1

    @trainer.on(Events.STARTED)
    def resume(engine):  # after the monitor's own handlers, as RunCheckpoint does
        engine.state.epoch, engine.state.iteration = before, before * engine.state.epoch_length

    trainer.run()
    return trainer


def monitor_of(folder=None, **arguments):
    return LabelCorrelationMonitor(**{"findings": FINDINGS, "cooccurrence": EVEN, "folder": folder, **arguments})


def events(folder):
    accumulator = EventAccumulator(str(folder), size_guidance={"images": 0})
    accumulator.Reload()
    return accumulator


def warnings(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_variation_is_that_of_all_batches_of_the_epoch():
    trainer = trained(monitor_of(), Said(spreads=(0.3, 0.1)), epochs=2)
    batches = [(-1, 0, 1, -1), (0, 1, -1, 0)]
    expected = np.sqrt(np.mean([local(0.1, images) ** 2 for images in batches]))
    assert trainer.state.metrics["local_variation"] == pytest.approx(expected, rel=1e-5)


def test_tensorboard_has_a_number_and_a_picture_of_every_epoch(tmp_path):
    trainer = trained(monitor_of(tmp_path), epochs=2)
    written = events(tmp_path)
    numbers = written.Scalars("correlations/local_variation")
    assert [event.step for event in numbers] == [2, 4]
    assert numbers[-1].value == pytest.approx(trainer.state.metrics["local_variation"], rel=1e-5)
    pictures = written.Images("label correlations")
    assert [event.step for event in pictures] == [2, 4]
    assert pictures[0].encoded_image_string.startswith(b"\x89PNG")


def test_pictures_may_be_fewer(tmp_path):
    trained(monitor_of(tmp_path, picture_every=2), epochs=3)
    assert [event.step for event in events(tmp_path).Images("label correlations")] == [2, 6]


def test_an_epoch_that_is_repeated_after_a_kill_is_written_once(tmp_path):
    trained(monitor_of(tmp_path), epochs=2)
    trained(monitor_of(tmp_path), epochs=3, before=1)
    assert [event.step for event in events(tmp_path).Scalars("correlations/local_variation")] == [2, 4, 6]


def test_every_fall_is_told_once_and_none_in_the_first_epoch(caplog):
    spreads = (0.0, 0.3, 0.0001, 0.0001, 0.3, 0.0)
    trained(monitor_of(), Said(spreads=spreads), epochs=len(spreads))
    told = warnings(caplog)
    assert [text.split(":")[0] for text in told] == ["Epoch 3", "Epoch 6"]
    assert "consistency_weight" in told[0]
    assert "--consistency stop_local" in told[0]


def test_what_never_rose_is_told_after_the_first_epoch(caplog):
    trained(monitor_of(), Said(spreads=(0.0,)), epochs=3)
    assert [text.split(":")[0] for text in warnings(caplog)] == ["Epoch 2"]


def test_the_threshold_is_a_setting(caplog):
    trained(monitor_of(collapsed_below=0.9), Said(spreads=(0.3,)), epochs=2)
    trained(monitor_of(collapsed_below=0), Said(spreads=(0.0,)), epochs=2)
    assert len(warnings(caplog)) == 1


def test_a_loss_without_consistency_gets_no_alarm(caplog):
    for consistency, told in ((None, 0), (CorrelationConsistency(), 1)):
        loss = LabelCorrelationLoss(consistency=consistency)
        trainer = trained(monitor_of(), Said(spreads=(0.0,)), epochs=2, loss=loss)
        assert trainer.state.metrics["local_variation"] == 0
        assert len(warnings(caplog)) == told


def logits_alone(output):
    return (output.z,)


def without_correlations(output):
    return output._replace(G=None, L=None)


@pytest.mark.parametrize("keep", [logits_alone, without_correlations])
def test_a_network_without_correlations_is_passed_over_in_silence(keep, tmp_path, caplog):
    trainer = trained(monitor_of(tmp_path), Said(keep=keep), epochs=2)
    assert "local_variation" not in trainer.state.metrics
    assert warnings(caplog) == []
    assert events(tmp_path).Tags()["images"] == []
    assert events(tmp_path).Tags()["scalars"] == []


def test_single_images_have_no_variation_and_no_alarm(caplog):
    assert "local_variation" not in trained(monitor_of(), Said(), epochs=2, batch_size=1).state.metrics
    assert warnings(caplog) == []


def test_one_finding_correlates_with_nothing_and_has_neither_picture_nor_alarm(tmp_path, caplog):
    one = monitor_of(tmp_path, findings=["edema"], cooccurrence=[[1.0]])
    trainer = trained(one, Said(spreads=(0.0,), findings=1), epochs=2)
    assert "local_variation" not in trainer.state.metrics
    assert warnings(caplog) == []
    assert events(tmp_path).Tags()["images"] == []


def test_half_precision_is_measured_in_full():
    def halved(output):
        return output._replace(G=output.G.bfloat16(), L=output.L.bfloat16())

    found = trained(monitor_of(), Said(keep=halved)).state.metrics["local_variation"]
    assert found == pytest.approx(trained(monitor_of()).state.metrics["local_variation"], rel=0.02)


def test_without_a_folder_nothing_is_drawn_or_written(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "correlation_figure", None)  # calling it would fail
    trained(monitor_of())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cooccurrence": np.eye(2)}, r"cooccurrence is \(2, 2\) and there are 3 findings"),
        ({"picture_every": 0}, "picture_every is 0; give a whole number"),
        ({"picture_every": 1.5}, "picture_every is 1.5; give a whole number"),
        ({"collapsed_below": -0.1}, "collapsed_below is -0.1; give a number from 0 to 1"),
        ({"collapsed_below": "low"}, "collapsed_below is 'low'; give a number from 0 to 1"),
    ],
)
def test_wrong_settings_are_named(arguments, message):
    with pytest.raises(ConfigError, match=message):
        monitor_of(**arguments)
