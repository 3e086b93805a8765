"""How hard the phantom is: train DenseNet121 on its complete truth and print AUROC per finding on the test patients.

Usage: python scripts/benchmarks/phantom_hardness.py [folder] [--images 2600] [--side 112] [--epochs 10] [--train N]

Writes the phantom (PNG, twice the side) into the folder if it is not there. Horizontal flips stay off: the heart has a
side, and so have the findings.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from monai.networks.nets import DenseNet121
from monai.utils import set_determinism
from PIL import Image
from tqdm import trange

from lucency.data import read_study_table
from lucency.data.phantom import write_phantom
from lucency.labels import NIH14
from lucency.metrics import auroc


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("runs/phantom-hardness"))
    parser.add_argument("--images", type=int, default=2600)
    parser.add_argument("--side", type=int, default=112, help="pixels a side that the network sees")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--train", type=int, default=None, help="use only the first N training images")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def load(folder: Path, table: pd.DataFrame, side: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Images (N, 1, side, side) of about zero mean and unit deviation, and their truth (N, 14)."""
    pixels = [Image.open(folder / file).resize((side, side), Image.Resampling.BOX) for file in table["image"]]
    images = torch.from_numpy(np.stack([np.asarray(image) for image in pixels])[:, None]).float()
    truth = torch.from_numpy((table[list(NIH14)] == "positive").to_numpy(dtype=np.float32))
    return ((images - 110) / 70).contiguous(memory_format=torch.channels_last), truth


def predict(network: torch.nn.Module, images: torch.Tensor) -> torch.Tensor:
    """Logits (N, 14)."""
    network.eval()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        return torch.cat([network(batch).float() for batch in images.split(64)])


def train(network: torch.nn.Module, images: torch.Tensor, truth: torch.Tensor, epochs: int) -> None:
    """AdamW with OneCycle to 1e-3, batches of 32, binary cross-entropy on every label, shifts of up to 4 pixels."""
    steps = len(images) // 32
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-3, total_steps=epochs * steps)
    for _ in trange(epochs, desc="train", unit="epoch"):
        network.train()
        for batch in torch.randperm(len(images))[: 32 * steps].split(32):
            shift = tuple(torch.randint(-4, 5, (2,)).tolist())
            shifted = images[batch].roll(shift, (2, 3)).contiguous(memory_format=torch.channels_last)
            with torch.autocast("cpu", torch.bfloat16):
                logits = network(shifted)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits.float(), truth[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()


def main() -> None:
    """Write, train, test."""
    arguments = parse()
    torch.set_num_threads(arguments.threads)
    set_determinism(0)
    write_phantom(arguments.folder, images=arguments.images, size=2 * arguments.side, format="png")
    table = read_study_table(arguments.folder / "truth.csv")
    known, unseen = table[table["split"] != "test"][: arguments.train], table[table["split"] == "test"]
    network = DenseNet121(2, 1, len(NIH14)).to(memory_format=torch.channels_last)
    start = time.process_time()
    train(network, *load(arguments.folder, known, arguments.side), arguments.epochs)
    images, truth = load(arguments.folder, unseen, arguments.side)
    result = auroc(predict(network, images).numpy(), truth.numpy(), NIH14)
    for name, value, positive in zip(NIH14, result.values, result.n_positive, strict=True):
        print(f"{name:<20} {value:.3f}  ({positive} of {len(unseen)})")
    print(
        f"{'macro':<20} {np.mean(result.values):.3f}  {len(known)} training images, {arguments.epochs} epochs, ", end=""
    )
    print(f"{time.process_time() - start:.0f} s of CPU")


if __name__ == "__main__":
    main()
