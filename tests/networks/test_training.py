"""One real step of MONAI's trainer with a loss for each head, and a network that can learn its images by heart."""

import copy

import pytest
import torch
from monai.bundle import ConfigParser
from monai.engines import SupervisedTrainer
from monai.losses import DeepSupervisionLoss

from lucency.losses import MaskedBCELoss, WeakAssumeNegativeLoss
from lucency.networks import FineGrainedDenseNet

LOSS = {"_target_": "DeepSupervisionLoss", "weights": [0.5, 0.5]}  # as docs/reference/networks.md has it
LOSS |= {"loss": {"_target_": "lucency.losses.WeakAssumeNegativeLoss", "gamma": 0.1}}


def tiny(**settings):
    torch.manual_seed(0)
    small = {"init_features": 8, "growth_rate": 4, "block_config": (2, 2), "reduced_channels": (6, 6)}
    return FineGrainedDenseNet(spatial_dims=2, in_channels=1, out_channels=3, **small, **settings)


def batch(count=8):
    generator = torch.Generator().manual_seed(1)
    image = torch.rand(count, 1, 32, 32, generator=generator)
    return {"image": image, "label": torch.randint(0, 2, (count, 3), generator=generator).float()}


@pytest.mark.parametrize("decollate", [False, True])
def test_a_step_of_monais_trainer_follows_the_mean_loss_of_the_heads(decollate):
    network, data = tiny(deep_supervision=True), batch()
    data["label"][0, 1] = torch.nan
    by_hand = copy.deepcopy(network)
    loss = WeakAssumeNegativeLoss(gamma=0.1)
    mean = sum(loss(head, data["label"]) for head in by_hand.heads(data["image"])) / 2
    mean.backward()
    trainer = SupervisedTrainer(
        device=torch.device("cpu"),
        max_epochs=1,
        train_data_loader=[data],
        network=network,
        optimizer=torch.optim.SGD(network.parameters(), lr=0.1),
        loss_function=ConfigParser({"loss": LOSS}).get_parsed_content("loss"),
        decollate=decollate,
    )
    trainer.run()
    for (name, found), before in zip(network.named_parameters(), by_hand.parameters(), strict=True):
        torch.testing.assert_close(found, before - 0.1 * before.grad, msg=name)
    if not decollate:
        assert [head.shape for head in trainer.state.output["pred"]] == [(8, 3), (8, 3)]
        torch.testing.assert_close(trainer.state.output["loss"], mean)


def test_the_loss_of_each_head_is_not_the_loss_of_their_mean():
    network, data = tiny(deep_supervision=True), batch()
    heads = network(data["image"])
    each = DeepSupervisionLoss(MaskedBCELoss(), weights=[0.5, 0.5])(heads, data["label"])
    assert each > MaskedBCELoss()(sum(heads) / 2, data["label"]) + 1e-6  # Jensen: cross entropy is convex


def test_evaluation_gives_one_tensor():
    supervised, plain = tiny(deep_supervision=True).eval(), tiny().eval()
    assert torch.equal(supervised(batch()["image"]), plain(batch()["image"]))


@pytest.mark.parametrize("settings", [{"deep_supervision": True}, {"output": "bilinear"}, {"symmetric": True}])
def test_it_learns_eight_images_by_heart(settings):
    network, data = tiny(**settings), batch()

    def outputs():
        answer = network(data["image"])
        return answer if isinstance(answer, list) else [answer]

    def right():
        return [bool(((logits > 0) == (data["label"] > 0.5)).all()) for logits in outputs()]

    assert not any(right())
    loss = DeepSupervisionLoss(MaskedBCELoss(), weights=[0.5, 0.5])
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.01)
    for _ in range(80):
        optimizer.zero_grad()
        loss(outputs(), data["label"]).backward()
        optimizer.step()
    assert all(right())
