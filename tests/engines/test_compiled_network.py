"""A network compiled in place: its weights keep their names, and what hooks on its layers is heard."""

import torch
from monai.engines import SupervisedEvaluator, SupervisedTrainer
from torch import nn

from lucency.engines import AutocastInferer, GradientSnapshots, RunCheckpoint

IMAGES, FEATURES, FINDINGS = 6, 4, ["edema", "mass"]


def records():
    images = torch.randn(IMAGES, FEATURES, generator=torch.Generator().manual_seed(0))
    known = torch.tensor([1.0, 0.0])
    return [{"image": i, "label": known, "index": place, "file": f"{place}.png"} for place, i in enumerate(images)]


def train(folder, *, compiled):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(FEATURES, 3), nn.Tanh(), nn.Linear(3, len(FINDINGS)))
    if compiled:
        network.compile(backend="eager")  # traced as always, without minutes of the C++ compiler
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    schedule, loss = torch.optim.lr_scheduler.ConstantLR(optimizer), nn.BCEWithLogitsLoss()
    whole = {key: torch.stack([record[key] for record in records()]) for key in ("image", "label")}
    evaluator = SupervisedEvaluator("cpu", [whole], network, decollate=False)
    snapshots = GradientSnapshots(
        folder=folder / "snapshots", data=records(), findings=FINDINGS, network=network, batch_size=4, snapshots=2
    )
    state = {"network": network, "optimizer": optimizer, "lr_scheduler": schedule, "loss": loss}
    handlers = [snapshots, RunCheckpoint(folder=folder, evaluator=evaluator, **state)]
    SupervisedTrainer(
        torch.device("cpu"), 2, [whole], network, optimizer, loss, inferer=AutocastInferer(enabled=False),
        train_handlers=handlers, decollate=False,
    ).run()  # fmt: skip
    return torch.load(folder / "last.pt", weights_only=True)["network"]


def test_checkpoints_and_snapshots_are_those_of_the_plain_network(tmp_path):
    plain, compiled = (train(tmp_path / name, compiled=name == "compiled") for name in ("plain", "compiled"))
    assert list(compiled) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    for name, tensor in plain.items():
        torch.testing.assert_close(compiled[name], tensor)
