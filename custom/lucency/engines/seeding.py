"""Randomness as a function of (seed, epoch), so that a resumed run draws what the unbroken one would have drawn."""

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from ignite.engine import Engine, Events
from monai.data.utils import set_rnd


class SeedEveryEpoch:
    """Seed Python, NumPy, torch and the random transforms of `dataset` at the start of each epoch.

    Shuffling, augmentation and dropout of epoch *e* then depend on ``(seed, rank, e)`` alone and not on what was drawn
    before: a checkpoint needs no random states, and a run that is killed in epoch *e* repeats it exactly.

    Args:
        seed: base seed of the run.
        dataset: the training data set whose random MONAI transforms are seeded (needed with ``num_workers=0``;
            workers take their seed from torch's generator, which is seeded too).
        set_epoch_of: what draws by itself and is only told the epoch, such as a `BatchLoader` and a `PrepareBatch`.

    Example:
        >>> from monai.data import Dataset
        >>> from monai.transforms import RandFlip
        >>> flip = RandFlip(prob=0.5)
        >>> handler = SeedEveryEpoch(seed=7, dataset=Dataset([0.0], transform=flip))
        >>> handler.seed_epoch(epoch=3); first = flip.R.rand()
        >>> handler.seed_epoch(epoch=3); first == flip.R.rand()
        True
    """

    def __init__(self, *, seed: int, dataset: Any = None, set_epoch_of: Sequence[Any] = ()) -> None:
        self.seed = seed
        self.dataset = dataset
        self.set_epoch_of = list(set_epoch_of)

    def attach(self, engine: Engine) -> None:
        """Register with a trainer."""
        engine.add_event_handler(Events.EPOCH_STARTED, self)

    def __call__(self, engine: Engine) -> None:
        """Seed for the epoch that starts now."""
        self.seed_epoch(engine.state.epoch, rank=engine.state.rank)

    def seed_epoch(self, epoch: int, rank: int = 0) -> None:
        """Seed every generator from ``(seed, rank, epoch)``."""
        value = int(np.random.SeedSequence((self.seed, rank, epoch)).generate_state(1)[0])
        random.seed(value)
        np.random.seed(value)  # noqa: NPY002 -- third-party transforms draw from the global generator
        torch.manual_seed(value)
        if self.dataset is not None:
            set_rnd(self.dataset, seed=value)
        for told in self.set_epoch_of:
            told.set_epoch(epoch)
