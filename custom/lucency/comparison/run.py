"""One finished training run, and its file."""

import hashlib
import io
import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import LucencyError
from ..files import write_atomically
from .loss_option import LossOption
from .recipe import Recipe
from .study import SELECTIONS, Study

VALIDATION, EXTRA = "validation.", "extra."  # what names of arrays in a file begin with


@dataclass(frozen=True)
class Job:
    """What is to be run: a loss at a learning rate with a seed."""

    option: LossOption
    rate: float
    seed: int

    def key(self, study: Study, recipe: Recipe) -> str:
        """Hash of all that decides about the result, but for the code: arrays, loss, recipe, rate, seed."""
        content = {"study": study.fingerprint, "recipe": recipe.of_one_run(), **asdict(self)}
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()

    def path(self, folder: Path, study: Study, recipe: Recipe) -> Path:
        """Where the run's file is or will be."""
        readable = re.sub(r"[^\w.=-]+", "_", self.option.name)
        return folder / "runs" / f"{readable}-{self.rate:g}-{self.seed}-{self.key(study, recipe)[:16]}.npz"


@dataclass(frozen=True, eq=False)
class Run:
    """What a run leaves.

    Args:
        history: one dict an epoch: `epoch`, `loss`, `clean` and `observed`, the validation metric by both labels.
        logits: for each selection, of the test images in order, float32 (N, L), at the epoch with the best `history`
            by those labels; empty for a run that ended before its first epoch did.
        step_seconds: median over epochs of the time of an epoch divided by its steps; of this CPU core, or of the wall
            on an accelerator.
        ended: `budget`, `patience`, or why the run broke off.
        validation: as `logits`, of the validation images, on which thresholds can be chosen.
        extras: what `LossOption.extras` told of the network that `clean` chooses.
    """

    history: list[dict[str, float]]
    logits: dict[str, NDArray[np.float32]]
    step_seconds: float
    ended: str
    validation: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    extras: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    def best(self, selection: str) -> dict[str, float] | None:
        """The epoch that the selection chooses, the first of equals; None if no epoch was finished."""
        return max(self.history, key=lambda epoch: epoch[selection], default=None)

    def score(self, selection: str) -> float:
        """Validation metric of that epoch, minus infinity if there is none."""
        best = self.best(selection)
        return -np.inf if best is None else best[selection]

    @property
    def broken(self) -> bool:
        """Whether training broke off, as by divergence."""
        return self.ended not in ("budget", "patience")

    def save(self, path: Path, description: dict[str, Any]) -> None:
        """Write one .npz file, whole or not at all."""
        told = {"history": self.history, "step_seconds": self.step_seconds, "ended": self.ended, "run": description}
        buffer = io.BytesIO()
        arrays = {
            **self.logits,
            **{f"{VALIDATION}{name}": array for name, array in self.validation.items()},
            **{f"{EXTRA}{name}": array for name, array in self.extras.items()},
        }
        np.savez_compressed(buffer, told=np.array(json.dumps(told)), **arrays)  # type: ignore[arg-type]
        write_atomically(path, buffer.getvalue())

    @classmethod
    def load(cls, path: Path) -> "Run":
        """Read what `save` wrote.

        Raises:
            LucencyError: the file is damaged.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                told = json.loads(str(file["told"]))
                logits = {selection: file[selection] for selection in SELECTIONS if selection in file}
                validation, extras = (
                    {name.removeprefix(kind): file[name] for name in file if name.startswith(kind)}
                    for kind in (VALIDATION, EXTRA)
                )
            return cls(told["history"], logits, told["step_seconds"], told["ended"], validation, extras)
        except Exception as error:  # zip, numpy and JSON each raise their own
            raise LucencyError(f"{path}: is damaged ({error}); delete it and run again") from error
