"""The last snapshots of a training, residual and features of every image, on disk."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from ..errors import LucencyError, TableError
from ..files import first_few, write_atomically
from .snapshot_files import SnapshotFiles
from .snapshot_header import SnapshotHeader, read_json
from .vog import FloatArray, check_form, variance_of_gradients

IDENTITY = "identity.json"


class SnapshotStore:
    """Residuals and features of the last T snapshots of all training images, for Variance of Gradients.

    A snapshot is what one state of the network says of all images. It counts once it is whole: `begin`, `write_rows` in
    any order and from any number of processes, `commit`. A program that is killed in between leaves the former
    snapshots as they were, because there is room for one more than T: the oldest goes when the next begins. A run that
    goes on from a checkpoint, or starts again, calls `discard_after` and writes the same snapshots again.

    Files in the folder, all memory-mapped, for N images, C findings, F features: T + 1 times `features-k.npy` (N, F)
    float16 and `residuals-k.npy` (N, C) float32, `written.npy` (N,), `identity.json` with images and findings, and
    `snapshots.json`, which says what counts. With 200,000 images of 1,024 features and 14 findings that is 2.5 GB; the
    room is taken when the store is made, so that a full disk shows at once. Several processes need a folder that all of
    them see.

    Args:
        folder: made if it is not there; a store in it is gone on with.
        images: N different names, in the order of the rows.
        findings: C different ids, in the order of the columns.
        features: F, numbers that enter the last layer.
        snapshots: T; the paper's program has 5.
        labels: fingerprint of the labels that residuals refer to, see `table_fingerprint`; another one is refused.

    Raises:
        TableError: the store in the folder is of other images, findings, features, snapshots or labels.
        LucencyError: a name is there twice, there is no room, or a file of the store is damaged.

    Example:
        >>> import tempfile
        >>> store = SnapshotStore(tempfile.mkdtemp(), ["a.png", "b.png"], ["edema"], features=3, snapshots=2)
        >>> features = np.ones((2, 3))
        >>> store.add([[0.4], [-0.9]], features)
        >>> store.add([[0.2], [-0.9]], features)
        >>> store.steps
        [1, 2]
        >>> store.vog().round(3)
        array([[0.01],
               [0.  ]], dtype=float32)
    """

    def __init__(
        self,
        folder: str | Path,
        images: Sequence[str],
        findings: Sequence[str],
        features: int,
        snapshots: int = 5,
        *,
        labels: str = "",
    ) -> None:
        self.folder = Path(folder)
        self.images, self.findings = list(images), list(findings)
        self.features, self.snapshots, self.labels = features, snapshots, labels
        for name, names in (("images", self.images), ("findings", self.findings)):
            if not names or len(set(names)) < len(names):
                raise TableError(f"{self.folder}: {name} of a snapshot store must be different names, at least one")
        if features < 1 or snapshots < 2:
            raise LucencyError(f"{self.folder}: {features} features, {snapshots} snapshots; give 1 and 2 at least")
        self._files = SnapshotFiles(self.folder, snapshots + 1, len(self.images), len(self.findings), features)
        self._header = SnapshotHeader(self.folder)
        if self._header.exists():
            self._check_identity()
        else:
            self._files.create()
            write_atomically(self.folder / IDENTITY, json.dumps(self._identity()) + "\n")
            self._header.save([])

    @classmethod
    def open(cls, folder: str | Path) -> Self:
        """Store that is already in a folder, for reading its images, findings and VoG."""
        if not SnapshotHeader(Path(folder)).exists():
            raise LucencyError(f"{folder}: holds no snapshots; give the folder that GradientSnapshots wrote to")
        return cls(folder, **read_json(Path(folder) / IDENTITY))

    @property
    def steps(self) -> list[int]:
        """Steps of the snapshots that VoG is computed from, T at most, oldest first."""
        return [snapshot["step"] for snapshot in self._header.complete()[-self.snapshots :]]

    @property
    def ready(self) -> bool:
        """Whether there are T snapshots."""
        return len(self.steps) == self.snapshots

    def begin(self, step: int) -> None:
        """Start the snapshot of a step; one process does so, before any writes rows.

        Args:
            step: rising whole number, such as the trainer's iteration. Snapshots of this and later steps are given up.
        """
        earlier = [snapshot for snapshot in self._header.complete() if snapshot["step"] < step][-self.snapshots :]
        free = set(range(self.snapshots + 1)) - {snapshot["slot"] for snapshot in earlier}
        # first of all: what was in this slot counts no more
        self._header.save(earlier, {"step": step, "slot": min(free)})
        self._files.clear_written()

    def write_rows(self, step: int, rows: ArrayLike, residuals: ArrayLike, features: ArrayLike) -> None:
        """Write some images of the snapshot that was begun.

        Args:
            step: as given to `begin`, by this process or by another one.
            rows: (n,) places in `images`.
            residuals: (n, C) in [-1, 1], NaN where the label is not known.
            features: (n, F) finite, below 65,504 in magnitude: kept in float16.

        Raises:
            LucencyError: no such snapshot was begun, or a value cannot be kept.
        """
        slot = self._header.slot_of(step)
        self._files.write(slot, np.asarray(rows), np.asarray(residuals), np.asarray(features))

    def flush(self, step: int) -> None:
        """Wait until the rows are on the disk; every process that wrote some does so before one commits."""
        self._files.flush(self._header.slot_of(step))

    def commit(self, step: int) -> None:
        """Let the snapshot count, after every image was written; one process does so.

        Raises:
            LucencyError: an image is missing.
        """
        slot = self._header.slot_of(step)
        missing = np.flatnonzero(self._files.written() == 0)
        if len(missing):
            names = first_few([self.images[row] for row in missing])
            raise LucencyError(f"{self.folder}: snapshot {step} lacks {names}; write the rows of every image")
        self._files.flush(slot)
        self._header.save([*self._header.complete(), {"step": step, "slot": slot}])

    def add(self, residuals: ArrayLike, features: ArrayLike, step: int | None = None) -> None:
        """Keep a whole snapshot, residuals (N, C) and features (N, F); the step is the next one if not given."""
        if step is None:
            step = max(self.steps, default=0) + 1
        self.begin(step)
        self.write_rows(step, np.arange(len(self.images)), residuals, features)
        self.commit(step)

    def discard_after(self, step: int) -> None:
        """Give up snapshots of later steps, which a resumed or repeated training has still before it."""
        complete = self._header.complete()
        kept = [snapshot for snapshot in complete if snapshot["step"] <= step]
        if len(kept) < len(complete):
            self._header.save(kept)

    def vog(self, form: str = "trace", rows_at_once: int = 4096) -> FloatArray:
        """Variance of Gradients (N, C) float32 over the last T snapshots, NaN where the label is not known.

        Args:
            form: see `variance_of_gradients`.
            rows_at_once: images in memory at a time; at 4,096 of 1,024 features and T = 5, about 50 MB.

        Raises:
            LucencyError: there are fewer than T snapshots.
            ConfigError: unknown form.
        """
        check_form(form)
        slots = [snapshot["slot"] for snapshot in self._header.complete()[-self.snapshots :]]
        if len(slots) < self.snapshots:
            raise LucencyError(f"{self.folder}: holds {len(slots)} of {self.snapshots} snapshots; train on")
        vog = np.empty((len(self.images), len(self.findings)), np.float32)
        for start in range(0, len(vog), rows_at_once):
            rows = slice(start, start + rows_at_once)
            features = None if form == "residual" else self._files.read("features", slots, rows)
            vog[rows] = variance_of_gradients(self._files.read("residuals", slots, rows), features, form=form)
        return vog

    def _identity(self) -> dict[str, Any]:
        names = ("images", "findings", "features", "snapshots", "labels")
        return {name: getattr(self, name) for name in names}

    def _check_identity(self) -> None:
        there = read_json(self.folder / IDENTITY)
        differing = [name for name, value in self._identity().items() if there.get(name) != value]
        if differing:
            raise TableError(
                f"{self.folder}: holds snapshots of other {', '.join(differing)}; choose another folder, or delete it"
            )
