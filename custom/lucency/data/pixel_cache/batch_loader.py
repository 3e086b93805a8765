"""Batches of a data set that gives them whole, made ahead by one thread."""

import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from ...errors import ConfigError
from .shares import batches, number_of_batches, ordered_share, shuffled_share

Batch = dict[str, Any]


class BatchedDataset(Protocol):
    """What `BatchLoader` takes: a length and whole batches, as `CachedRadiographs` has them."""

    def __len__(self) -> int: ...

    def batch(self, places: NDArray[np.int64], *, pin_memory: bool = False) -> Batch:
        """The records at `places`, as one batch."""
        ...


class BatchLoader:
    """Iterate over batches, in the data's order or shuffled, each rank over its share, prepared by a thread.

    Copying rows out of a cache takes less than handing them from one process to another, so that there are no workers.
    The order of an epoch depends on `seed` and `epoch` alone: a run that goes on in epoch *e* takes the images that the
    unbroken one would have taken.

    Under `torch.distributed` each rank takes a share. Shuffled, all shares are equally large, and the few images that
    remain are others each epoch. In the data's order every image comes once, on one rank, so that no metric counts one
    twice; ranks take blocks, which may differ by one image, in equally many batches.

    Args:
        dataset: `CachedRadiographs`, or another one that has `batch`.
        batch_size: images a batch, 1 or more.
        shuffle: whether to take the images in a new order each epoch, for training.
        drop_last: whether to leave out a last batch that is not full.
        seed: of the order, 0 or more.
        pin_memory: whether batches lie in page-locked memory, from where a GPU fetches them by itself.
        prefetch: batches prepared ahead, 1 or more.

    Raises:
        ConfigError: an impossible argument; when iterated, fewer images than make a batch.

    Example:
        >>> class Numbers:
        ...     def __len__(self): return 5
        ...     def batch(self, places, pin_memory=False): return {"number": torch.from_numpy(places)}
        >>> [batch["number"].tolist() for batch in BatchLoader(Numbers(), batch_size=2)]
        [[0, 1], [2, 3], [4]]
        >>> loader = BatchLoader(Numbers(), batch_size=2, shuffle=True, drop_last=True)
        >>> loader.set_epoch(1)
        >>> first = [batch["number"].tolist() for batch in loader]
        >>> loader.set_epoch(1)
        >>> len(loader), first == [batch["number"].tolist() for batch in loader]
        (2, True)
    """

    def __init__(
        self,
        dataset: BatchedDataset,
        batch_size: int,
        *,
        shuffle: bool = False,
        drop_last: bool = False,
        seed: int = 0,
        pin_memory: bool = False,
        prefetch: int = 2,
    ) -> None:
        for name, value, least in (("batch_size", batch_size, 1), ("prefetch", prefetch, 1), ("seed", seed, 0)):
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ConfigError(f"BatchLoader: {name} is {value!r}; give a whole number of {least} or more")
        self.dataset = dataset
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.seed = seed
        self.pin_memory = pin_memory
        self.prefetch = prefetch
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of the iteration that is begun next; without it, each one takes the next order."""
        self.epoch = epoch

    def __len__(self) -> int:
        return number_of_batches(
            len(self.dataset), self.batch_size, _rank()[1], shuffled=self.shuffle, drop_last=self.drop_last
        )

    def __iter__(self) -> Iterator[Batch]:
        ready: SimpleQueue[Batch | BaseException | None] = SimpleQueue()
        room: SimpleQueue[None] = SimpleQueue()
        for _ in range(self.prefetch):
            room.put(None)
        stop = threading.Event()
        thread = threading.Thread(
            target=self._prepare, args=(self._places(), ready, room, stop), name="batches", daemon=True
        )
        thread.start()
        try:
            while (batch := ready.get()) is not None:
                if isinstance(batch, BaseException):
                    raise batch
                room.put(None)
                yield batch
        finally:
            stop.set()
            room.put(None)  # the thread may wait for it
            thread.join()

    def _places(self) -> list[NDArray[np.int64]]:
        """The batches of this rank in the present epoch, as places in the data set."""
        rank, ranks = _rank()
        images, count = len(self.dataset), len(self)
        if not count:
            raise ConfigError(
                f"{images:,} images on {ranks} ranks make no batch of {self.batch_size}"
                f"{' with drop_last' if self.drop_last else ''}; lower batch_size"
            )
        epoch, self.epoch = self.epoch, self.epoch + 1
        if self.shuffle:
            share = shuffled_share(images, self.seed, epoch, rank, ranks)
        else:
            share = ordered_share(images, rank, ranks)
        return batches(share, self.batch_size, count)

    def _prepare(
        self,
        places: list[NDArray[np.int64]],
        ready: "SimpleQueue[Batch | BaseException | None]",
        room: "SimpleQueue[None]",
        stop: threading.Event,
    ) -> None:
        try:
            for batch in places:
                room.get()
                if stop.is_set():
                    return
                ready.put(self.dataset.batch(batch, pin_memory=self.pin_memory))
            ready.put(None)
        except BaseException as error:  # raised again where the batch is asked for
            ready.put(error)


def _rank() -> tuple[int, int]:
    distributed = torch.distributed
    if not (distributed.is_available() and distributed.is_initialized()):
        return 0, 1
    return distributed.get_rank(), distributed.get_world_size()
