"""Writing a whole phantom data set: images in parallel, then the tables."""

import io
import json
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image
from tqdm import tqdm

from ...errors import ConfigError
from ...files import write_atomically
from ..study_table import write_study_table
from .case import sample_case
from .dicom import dicom_bytes
from .encoding import sample_encoding
from .prevalence import Prevalence, marginals
from .render import draw
from .scene import pose_of
from .streams import stream
from .tables import study_tables

VERSION = "1"
"""Changes whenever the same settings would give other images or labels."""

Format = Literal["dicom", "png"]
_SUFFIX = {"dicom": ".dcm", "png": ".png"}


@dataclass(frozen=True)
class Settings:
    """Everything that a data set follows from; stored in `phantom.json`."""

    images: int
    size: int
    seed: int
    format: Format
    prevalence: Prevalence
    version: str = VERSION

    def __post_init__(self) -> None:
        if self.format not in _SUFFIX:
            raise ConfigError(f"phantom format {self.format!r} is unknown; choose {' or '.join(_SUFFIX)}")
        if self.images < 1 or self.seed < 0 or self.size < 32:
            raise ConfigError(
                f"a phantom of images={self.images}, size={self.size}, seed={self.seed} cannot be made; "
                "use at least 1 image, 32 pixels and seed 0"
            )
        marginals(self.prevalence)

    def file(self, index: int) -> str:
        """Path of an image relative to the tables."""
        case = sample_case(index, self.seed, self.prevalence)
        return f"images/{case.image_id}{_SUFFIX[self.format]}"

    def claim(self, folder: Path) -> None:
        """Write `phantom.json`, or check that the one there asks for the same images.

        Raises:
            ConfigError: the folder holds a data set of other settings, or a larger one.
        """
        path = folder / "phantom.json"
        if path.is_file():
            try:
                there = Settings(**json.loads(path.read_text(encoding="utf-8")))
            except (ValueError, TypeError) as error:
                raise ConfigError(
                    f"{path}: is not a phantom's settings file ({error}); choose another folder"
                ) from error
            mine, other = asdict(self), asdict(there)
            differing = [key for key in mine if mine[key] != other[key] and (key != "images" or mine[key] < other[key])]
            if differing:
                key = differing[0]
                raise ConfigError(
                    f"{path}: the folder holds a phantom with {key}={other[key]!r}, not {mine[key]!r}; "
                    "choose another folder or delete this one"
                )
        write_atomically(path, json.dumps(asdict(self), indent=2) + "\n")


def write_phantom(
    folder: str | Path,
    images: int = 1000,
    size: int = 512,
    seed: int = 0,
    format: Format = "dicom",
    workers: int = 2,
    prevalence: Prevalence = "enriched",
    progress: bool = True,
) -> Path:
    """Write a data set of drawn chest radiographs: `images/`, `table.csv`, `truth.csv` and `phantom.json`.

    The files are the same, byte for byte, whatever the number of workers. An interrupted run goes on where it stopped
    when it is started again; asking for more images later adds them.

    Args:
        folder: where to write; made if absent.
        images: number of images; there are about 0.6 patients an image.
        size: pixels a side, 32 or more.
        seed: seed of everything, 0 or more.
        format: "dicom" (DX and CR objects, encoded in many ways) or "png" (8-bit grey).
        workers: processes that draw; 1 draws in this one. They are spawned, so a script needs the usual
            `if __name__ == "__main__":`.
        prevalence: "enriched" (every finding in at least 7 % of the images) or "nih" (published shares).
        progress: whether to show a progress bar.

    Returns:
        Path of `table.csv`, the study table with missing labels; `truth.csv` beside it has every label and
        `severity_<finding>`.

    Raises:
        ConfigError: impossible settings, or the folder holds a phantom of other settings.
        LucencyError: a file cannot be written.

    Example:
        >>> import tempfile
        >>> table = write_phantom(tempfile.mkdtemp(), images=3, size=64, format="png", workers=1, progress=False)
        >>> sorted(path.name for path in table.parent.iterdir())
        ['images', 'phantom.json', 'table.csv', 'truth.csv']
    """
    settings = Settings(images, size, seed, format, prevalence)
    if workers < 1:
        raise ConfigError(f"workers={workers} cannot draw; use 1 or more")
    folder = Path(folder)
    settings.claim(folder)
    files = [settings.file(index) for index in range(images)]
    missing = [index for index, file in enumerate(files) if not (folder / file).is_file()]
    tasks = [(settings, folder, index) for index in missing]
    with tqdm(total=images, initial=images - len(missing), desc="phantom", unit="image", disable=not progress) as bar:
        for _ in _each(tasks, workers):
            bar.update()
    cases = [sample_case(index, seed, prevalence) for index in range(images)]
    reported, truth = study_tables(cases, files, seed)
    write_study_table(truth, folder / "truth.csv")
    return write_study_table(reported, folder / "table.csv")


Task = tuple[Settings, Path, int]


def _each(tasks: list[Task], workers: int) -> Iterator[None]:
    """Write the images one after the other, or in processes of their own."""
    if workers == 1 or len(tasks) < 2:
        yield from map(_write_image, tasks)
        return
    quiet = (signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which lets the workers finish their images
    with ProcessPoolExecutor(
        min(workers, len(tasks)), mp_context=get_context("spawn"), initializer=signal.signal, initargs=quiet
    ) as pool:
        yield from pool.map(_write_image, tasks, chunksize=4)


def _write_image(task: Task) -> None:
    settings, folder, index = task
    case = sample_case(index, settings.seed, settings.prevalence)
    image = draw(case, settings.size)
    if settings.format == "png":
        buffer = io.BytesIO()
        Image.fromarray(np.rint(image * 255).astype(np.uint8)).save(buffer, format="PNG")
        content = buffer.getvalue()
    else:
        encoding = sample_encoding(stream(settings.seed, "encoding", index))
        content = dicom_bytes(image, case, encoding, pose_of(case).grid(settings.size).pixel * 10, settings.version)
    write_atomically(folder / settings.file(index), content)
