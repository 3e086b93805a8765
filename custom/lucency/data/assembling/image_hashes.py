"""Telling that two files hold one image, by their bytes or by their pixels."""

import hashlib
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import numpy as np
from tqdm import tqdm

from ...errors import LucencyError
from ...files import sha256_of

Hash = Literal["bytes", "pixels", "none"]
_HEAD = 1 << 16  # bytes; two compressed images differ in their first block, headers and tables included
_WORTH_WORKERS = 64  # files; a process takes seconds to load the decoders
_BATCH = 32  # files handed to a worker at once


def image_hashes(
    files: Sequence[str], kind: Hash = "bytes", workers: int = 1, progress: bool = False
) -> tuple[list[str], dict[str, str]]:
    """A text for each file, equal exactly where the images are equal.

    `bytes` compares files: their sizes first, then the first 64 KiB of files of one size, and SHA-256 of the whole only
    where these are equal too, so that few files are read to their end. `pixels` reads every image as `read_radiograph`
    does, upright and with its look-up tables, rounds it to 8 bits and takes SHA-256 of shape and grey values: a PNG and
    a lossless DICOM of one image meet. Neither finds copies that were resized or compressed with a loss.

    Args:
        files: paths, each once.
        kind: "bytes", "pixels", or "none" for no look into files.
        workers: threads for bytes, processes for pixels. They are spawned, so a script needs the usual
            `if __name__ == "__main__":`.
        progress: whether to show a progress bar.

    Returns:
        The texts, "" for a file that equals no other or cannot be read; and the reason for each that cannot be read.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> files = [str(folder / name) for name in ("a.png", "b.png", "c.png")]
        >>> _ = [Path(file).write_text(text) for file, text in zip(files, ["one", "two", "one"])]
        >>> hashes, unreadable = image_hashes(files)
        >>> hashes[0] == hashes[2] != "", hashes[1], unreadable
        (True, '', {})
    """
    unreadable: dict[str, str] = {}
    if kind == "none" or not files:
        return [""] * len(files), unreadable
    hashes = dict.fromkeys(files, "")
    left = list(files)
    for stage in [_pixels] if kind == "pixels" else [_size, _head, _whole]:
        with tqdm(total=len(left), desc=f"images: {stage.__name__[1:]}", unit="file", disable=not progress) as bar:
            for file, (text, reason) in zip(left, _each(stage, left, workers), strict=True):
                hashes[file] = hashes[file] + text if text else ""
                if reason:
                    unreadable[file] = reason
                bar.update()
        copies = Counter(hashes.values())
        left = [file for file in left if hashes[file] and copies[hashes[file]] > 1]
        hashes = dict.fromkeys(files, "") | {file: hashes[file] for file in left}
    return list(hashes.values()), unreadable


Result = tuple[str, str]  # text and, if there is none, the reason


def _each(stage: Callable[[str], Result], files: list[str], workers: int) -> Iterator[Result]:
    if workers == 1 or len(files) < _WORTH_WORKERS:
        yield from map(stage, files)
        return
    batches = [files[start : start + _BATCH] for start in range(0, len(files), _BATCH)]
    for results in _pool(stage, workers, batches):
        yield from results


def _pool(stage: Callable[[str], Result], workers: int, batches: list[list[str]]) -> Iterator[list[Result]]:
    work = partial(_batch, stage)
    if stage is not _pixels:  # reading and SHA-256 let other threads run, decoding does not
        with ThreadPoolExecutor(workers) as threads:
            yield from threads.map(work, batches)
        return
    quiet = (signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends the workers
    with ProcessPoolExecutor(workers, get_context("spawn"), signal.signal, quiet) as processes:
        yield from processes.map(work, batches)


def _batch(stage: Callable[[str], Result], files: list[str]) -> list[Result]:
    return [stage(file) for file in files]


def _size(file: str) -> Result:
    try:
        size = os.stat(file).st_size
    except OSError as error:
        return "", error.strerror or str(error)
    return (f"{size} ", "") if size else ("", "is empty")


def _head(file: str) -> Result:
    try:
        with open(file, "rb") as content:
            return f"{hashlib.sha256(content.read(_HEAD)).hexdigest()} ", ""
    except OSError as error:
        return "", error.strerror or str(error)


def _whole(file: str) -> Result:
    try:
        return sha256_of(Path(file)), ""
    except OSError as error:
        return "", error.strerror or str(error)


def _pixels(file: str) -> Result:
    from ...transforms import read_radiograph  # brings MONAI, which comparing bytes can spare

    try:
        image = read_radiograph(file)
    except LucencyError as error:
        return "", str(error).removeprefix(f"{file}: ")
    grey = np.rint(image * 255).astype(np.uint8)
    return hashlib.sha256(f"{grey.shape}".encode() + grey.tobytes()).hexdigest(), ""
