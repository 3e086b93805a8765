"""One epoch of batches out of what is cached, as each package would have it done: nothing but the feed."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from bench_parts.peers import named
from monai.data import CacheDataset, DataLoader, PersistentDataset, set_track_meta
from monai.transforms import (
    Compose,
    EnsureChannelFirstd,
    EnsureTyped,
    LoadImaged,
    RandFlipd,
    Resized,
    ScaleIntensityd,
)
from PIL import Image

from lucency.data.pixel_cache import BatchLoader, CachedRadiographs

FINDINGS = 14
OURS, OURS_FLOAT = "BatchLoader", "BatchLoader, divided by 255 on the CPU"
Records = list[dict[str, Any]]
Feed = Callable[[], object]


def write_images(folder: Path, images: int, size: int) -> Records:
    """Records of small images of noise, with what `load_records` gives besides: what they show does not matter here."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(0)
    records = []
    for number in range(images):
        file = folder / f"{number}.png"
        if not file.is_file():
            Image.fromarray(generator.integers(0, 256, (size, size), np.uint8)).save(file, compress_level=0)
        label = generator.integers(0, 2, FINDINGS).astype(np.float32)
        texts = {"file": str(file), "patient": str(number), "study": "1", "source": "noise", "view": "PA", "sex": ""}
        records.append({"index": number, "image": str(file), **texts, "age": 60.0, "label": label})
    return records


def drained(loader: Iterable[Any], use: Callable[[Any], object] = lambda batch: None, metadata: bool = True) -> Feed:
    """Go through all batches once, with MONAI's tensors carrying metadata or not."""

    def epoch() -> None:
        set_track_meta(metadata)
        try:
            for batch in loader:
                use(batch)
        finally:
            set_track_meta(True)

    return epoch


def ours(records: Records, folder: Path, size: int, batch: int, random: bool) -> dict[str, Feed]:
    """Batches of uint8 as a training takes them; and with the division that belongs on the device."""
    radiographs = CachedRadiographs(records, folder, spatial_size=size, progress=False)
    loader = BatchLoader(radiographs, batch, shuffle=random)

    def divide(made: dict[str, Any]) -> object:
        return made["image"].float().div_(radiographs.levels)

    return {OURS: drained(loader), OURS_FLOAT: drained(loader, divide)}


def monai(records: Records, folder: Path, size: int, batch: int, random: bool) -> dict[str, Feed]:
    """MONAI's two caches, filled before; tuned: plain tensors, no copies of the cache, only what a network needs.

    Args:
        records: what to cache.
        folder: of files for PersistentDataset.
        size: height and width.
        batch: images a batch.
        random: whether a random step ends the chain, as in a training; it never acts, and so costs nothing itself.
    """

    def transform(tuned: bool) -> Compose:
        typed = [EnsureTyped(["image", "label"], track_meta=False)] if tuned else []
        scale = [ScaleIntensityd("image"), Resized("image", (size, size))]
        last = [RandFlipd("image", prob=0)] if random else []
        return Compose([LoadImaged("image"), EnsureChannelFirstd("image"), *scale, *typed, *last])

    lean = [{name: record[name] for name in ("image", "label", "index")} for record in records]
    datasets = {
        "CacheDataset": CacheDataset(records, transform(False), progress=False),
        "CacheDataset, tuned": CacheDataset(lean, transform(True), progress=False, copy_cache=False),
        "PersistentDataset": PersistentDataset(records, transform(False), folder / "default"),
        "PersistentDataset, tuned": PersistentDataset(lean, transform(True), folder / "tuned"),
    }
    for place in range(len(records)):  # the first look fills them, for which the readers need metadata
        for dataset in datasets.values():
            dataset[place]
    return {
        name: drained(DataLoader(dataset, batch_size=batch, shuffle=random), metadata="tuned" not in name)
        for name, dataset in datasets.items()
    }


def label(name: str) -> str:
    """A peer with its version and settings, for the table."""
    kind, _, tuned = name.partition(", ")
    how = "expert-tuned: plain tensors, no copies, three entries a record" if tuned else "default"
    return named("monai", f"{kind} + DataLoader, {how}")
