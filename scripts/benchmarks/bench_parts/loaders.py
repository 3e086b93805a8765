"""From a file to a tensor (1, S, S), as users of each package would have it done."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from monai.data import PydicomReader, set_track_meta
from monai.transforms import Compose, EnsureChannelFirst, LoadImage, Resize, ScaleIntensity
from torch import Tensor

from lucency.inference.torch_free.preprocessing import network_input
from lucency.release.golden import BundlePipeline

from .peers import named, peer

Loader = Callable[[Path], Tensor]
BUNDLE = Path(__file__).parents[3] / "bundles" / "cxr_spml_classification"
SIZE = 224
DEFAULT, CV2, MONAI, TUNED = "TorchXRayVision", "TorchXRayVision, cv2", "MONAI", "MONAI, tuned"


def ours(size: int = SIZE, exact: bool = False) -> Loader:
    """What the reader gives without MONAI, stretched to 0..1 and padded to a square."""
    return lambda path: torch.from_numpy(network_input(path, image_size=size, exact=exact))


def preprocessing(bundle: Path = BUNDLE, size: int = SIZE) -> Loader:
    """The same by the bundle's inference.yaml, through MONAI's `Compose`."""
    pipeline = BundlePipeline(bundle, {"image_size": size})
    return lambda path: pipeline.preprocess([path])[0]


def torchxrayvision(engine: str, size: int = SIZE) -> Loader | None:
    """As its documentation shows: `load_image`, centre crop, `XRayResizer`; values from -1024 to 1024."""
    needed = [peer("torchxrayvision")]
    if engine == "cv2":
        needed.append(peer("cv2", "opencv-python-headless"))
    if None in needed:
        return None
    xrv: Any = needed[0]
    for opencv in needed[1:]:
        opencv.setNumThreads(1)
    warnings.filterwarnings("ignore", message="Converting MONOCHROME1")
    crop, resize = xrv.datasets.XRayCenterCrop(), xrv.datasets.XRayResizer(size, engine=engine)

    def load(path: Path) -> Tensor:
        return torch.from_numpy(resize(crop(xrv.utils.load_image(str(path)))))

    return load


def monai(tuned: bool, size: int = SIZE) -> Loader:
    """`LoadImage(PydicomReader)`, scaled to 0..1, resized by area; tuned: what its documentation offers for speed.

    Tuned leaves the axes as they are stored, tracks no metadata, and scales the small image instead of the large one.
    """
    resize, scale = Resize((size, size), mode="area"), ScaleIntensity()
    load_image = LoadImage(reader=PydicomReader(swap_ij=not tuned), image_only=True)
    steps: list[Any] = [
        load_image,
        EnsureChannelFirst(channel_dim="no_channel"),
        *((resize, scale) if tuned else (scale, resize)),
    ]
    chain = Compose(steps)

    def load(path: Path) -> Tensor:
        set_track_meta(not tuned)
        try:
            return torch.as_tensor(chain(str(path)))
        finally:
            set_track_meta(True)

    return load


def peers(size: int = SIZE) -> dict[str, Loader]:
    """Those that are installed, by the name that `label` explains."""
    found = {DEFAULT: torchxrayvision("skimage", size), CV2: torchxrayvision("cv2", size)}
    found |= {MONAI: monai(False, size), TUNED: monai(True, size)}
    return {name: loader for name, loader in found.items() if loader is not None}


def label(name: str) -> str:
    """A peer with its version and settings, for the table."""
    package = "torchxrayvision" if name in (DEFAULT, CV2) else "monai"
    settings = {DEFAULT: "default (skimage)", CV2: "cv2 engine", MONAI: "PydicomReader, area"}
    return named(package, settings.get(name, "expert-tuned: no axis swap, no metadata, scaled last"))
