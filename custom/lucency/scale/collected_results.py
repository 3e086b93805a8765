"""What stands in a worker for the table of predictions, which the driver alone writes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..results.model_identity import ModelIdentity
from ..results.predictions import PredictionTable
from ..results.schema import ImageResult


class CollectedResults(PredictionTable):
    """Keeps results in memory until they are taken; no journal is read, no file written.

    Args:
        folder: not used.
        model: the model that answers.
        run: whatever else changes a result.
    """

    def __init__(self, *, folder: str | Path, model: ModelIdentity, run: Mapping[str, Any] | None = None) -> None:
        self.answered_by: str | None = None
        self._collected: list[ImageResult] = []
        super().__init__(folder=folder, model=model, run=run)

    def add(self, results: Sequence[ImageResult]) -> None:
        """Keep results."""
        self._collected.extend(results)

    def finish(self, answered_by: str | None = None) -> tuple[Path, Path]:
        """Note what computed; the paths are those that the driver will write."""
        self.answered_by = answered_by
        return self.folder / "predictions.csv", self.folder / "predictions.json"

    def take(self) -> list[ImageResult]:
        """Hand over what was collected, and forget it."""
        taken, self._collected = self._collected, []
        return taken

    def _recover(self) -> None:
        """Leave the driver's journal alone."""
