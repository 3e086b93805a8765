"""Train the input guard's image check and measure it on images that it has not seen; about 16 minutes of one core.

python scripts/train_guard.py DATA

DATA holds nih_cxr14_subset, mednist_64 and hannover_covid_cxr. Writes image_check.safetensors and image_check.yaml.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
import yaml
from safetensors.torch import save
from scipy.stats import binomtest
from torch import Tensor
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import trange

from guard_images import Images, load
from lucency.engines.weights import load_network_state, read_weights
from lucency.files import write_atomically
from lucency.inference.guard.image_check import MODEL, answer_of
from lucency.inference.guard.pose_network import PoseNetwork
from lucency.inference.guard.poses import POSES
from lucency.inference.guard.prepare import equalised, prepare, resized, smoothed, strip_border
from lucency.inference.guard.training_images import no_chests, varied

STORED = 96  # pixels a side of a training image, before variation
CHESTS, OTHERS, MADE = 32, 8, 8  # images of a batch: chests, other radiographs and slices, no_chests()
PASSING = 0.005  # share of the other images of the validation part that may pass without a word
FLAGGED = 0.01  # share of the upright chests of each source that may be refused, and that may be warned of as turned


def stored(images: Images, other: bool) -> Tensor:
    """Training images of the wanted kind, (N, 1, 96, 96), as bytes."""
    wanted = [strip_border(i) for name, part in images.items() if name.startswith("other") == other for i in part]
    sized = [
        resized(i, STORED) if min(i.shape) > STORED else F.interpolate(i[None, None], (STORED, STORED), mode="bilinear")
        for i in wanted
    ]
    return (torch.cat(sized) * 255).round().byte()


def train(images: Images, steps: int, seed: int) -> PoseNetwork:
    """Fit the network; every third chest is inverted."""
    torch.manual_seed(seed)
    chance = torch.Generator().manual_seed(seed)
    chests, others, network = stored(images, False), stored(images, True), PoseNetwork()
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=steps)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(0.998), use_buffers=True)
    for _ in (progress := trange(steps, desc="train")):
        positive = chests[torch.randint(len(chests), (CHESTS + MADE,), generator=chance)].float() / 255
        negative = others[torch.randint(len(others), (OTHERS,), generator=chance)].float() / 255
        made = no_chests(positive[CHESTS:], chance)
        batch = varied(torch.cat([positive[:CHESTS], negative, made]), chance)
        inverted = torch.rand(len(batch), generator=chance) < 1 / 3
        batch = torch.where(inverted[:, None, None, None], 1 - batch, batch)
        target = torch.where(inverted, len(POSES), 0)
        target[CHESTS:] = 2 * len(POSES)
        small = F.interpolate(batch, size=(64, 64), mode="area")
        loss = F.cross_entropy(network(equalised(smoothed(small))), target, label_smoothing=0.01)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        average.update_parameters(network)
        progress.set_postfix(loss=f"{loss.item():.3f}")
    averaged: PoseNetwork = average.module
    return averaged.eval()


def square(image: Tensor) -> Tensor:
    """Stretch to [0, 1] and pad with black, as the bundles do."""
    scaled = (image - image.min()) / (image.max() - image.min())
    height, width = scaled.shape
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    return F.pad(scaled, (left, side - width - left, top, side - height - top))


def answers(network: PoseNetwork, images: list[Tensor], pose: int = 0, inverted: bool = False) -> np.ndarray:
    """Probabilities (N, 2) of something else, and of an upright chest given a chest."""
    with torch.inference_mode():
        seen = [prepare(POSES[pose].apply(square(1 - i if inverted else i))) for i in images]
        found = [answer_of(logits.double()) for part in torch.cat(seen).split(64) for logits in network(part)]
    return np.array([(a.other, a.upright) for a in found])


def shares(flagged: np.ndarray, refused: np.ndarray) -> dict[str, float | int]:
    """Share that is flagged, with its 95 % Wilson interval, and share of them that is refused."""
    result = binomtest(int(flagged.sum()), len(flagged)).proportion_ci(method="wilson")
    figures = {"flagged": flagged.mean(), "low": result.low, "high": result.high, "refused": refused.mean()}
    return {"images": len(flagged)} | {key: round(float(value), 4) for key, value in figures.items()}


def choose_thresholds(network: PoseNetwork, images: Images) -> dict[str, float]:
    """Be as lenient as the validation images of other things allow, and never hard on the chests of one source."""
    chests = [answers(network, part) for name, part in images.items() if not name.startswith("other")]
    others = answers(network, [i for name, part in images.items() if name.startswith("other") for i in part])
    other = np.clip(np.quantile(others[:, 0], PASSING), 0.5, 0.95)
    sure = np.clip(max(np.quantile(found[:, 0], 1 - FLAGGED) for found in chests), other, 0.99)
    upright = np.clip(min(np.quantile(found[:, 1], FLAGGED) for found in chests), 0.02, 0.5)
    return {name: round(float(value), 4) for name, value in (("other", other), ("sure", sure), ("upright", upright))}


def read_network(weights: Path) -> PoseNetwork:
    """The network of a former run."""
    network = PoseNetwork()
    load_network_state(network, read_weights(weights), weights)
    return network.eval()


def main() -> None:
    """Train, choose thresholds, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=MODEL)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--measure", action="store_true", help="take the weights that are there, do not train")
    given = parser.parse_args()
    started = time.process_time()
    training, validation, test = load(given.data)
    network = read_network(given.out) if given.measure else train(training, given.steps, given.seed)
    thresholds = choose_thresholds(network, validation)

    def flagged(images: list[Tensor], pose: int = 0, inverted: bool = False) -> dict[str, float | int]:
        found = answers(network, images, pose, inverted)
        refused = found[:, 0] > thresholds["sure"]
        return shares((found[:, 0] > thresholds["other"]) | (found[:, 1] < thresholds["upright"]), refused)

    figures = {name: flagged(part) for name, part in test.items()}
    figures["made: no_chests()"] = flagged(list(no_chests(stored(test, False)[:500] / 255, torch.Generator())[:, 0]))
    for source in ("Hannover", "NIH 320 px", "NIH 64 px"):
        for index, pose in enumerate(POSES[1:], start=1):
            figures[f"{source}, {pose.name}"] = flagged(test[source], index)
        figures[f"{source}, inverted"] = flagged(test[source], inverted=True)
    record = {
        "command": f"python scripts/train_guard.py DATA --steps {given.steps} --seed {given.seed}",
        "trained_on": {name: len(part) for name, part in training.items()},
        "thresholds_chosen_on": {name: len(part) for name, part in validation.items()},
        "thresholds": thresholds,
        "measured": figures,
    }
    if not given.measure:
        write_atomically(given.out, save(network.state_dict()))
    write_atomically(given.out.with_suffix(".yaml"), yaml.safe_dump(record, sort_keys=False, width=120))
    print("| images | number | flagged | 95 % interval | refused |\n| --- | --- | --- | --- | --- |")
    for name, row in figures.items():
        interval = f"{row['low']:.1%} to {row['high']:.1%}"
        print(f"| {name} | {row['images']} | {row['flagged']:.1%} | {interval} | {row['refused']:.1%} |")
    print(f"{thresholds}; {time.process_time() - started:.0f} s of CPU")


if __name__ == "__main__":
    main()
