"""Batches out of the thread: their order, their end, and errors on the way."""

import threading
import time
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch

from lucency.data.pixel_cache import BatchLoader
from lucency.errors import ConfigError, LucencyError


class Numbers:
    """Places as they are asked for, so many at a time as the loader says."""

    def __init__(self, length: int, broken: int = -1) -> None:
        self.length, self.broken = length, broken
        self.asked: list[list[int]] = []

    def __len__(self) -> int:
        return self.length

    def batch(self, places: "np.ndarray", *, pin_memory: bool = False) -> dict[str, Any]:
        if self.broken in places:
            raise LucencyError("pixels.bin: cannot be read")
        self.asked.append(places.tolist())
        return {"place": torch.from_numpy(places)}


def taken(loader: BatchLoader) -> list[list[int]]:
    return [batch["place"].tolist() for batch in loader]


@pytest.fixture(autouse=True)
def no_thread_is_left():
    yield
    assert not [thread for thread in threading.enumerate() if thread.name == "batches"]


def test_in_order_all_come_once() -> None:
    loader = BatchLoader(Numbers(7), 3)
    assert taken(loader) == taken(loader) == [[0, 1, 2], [3, 4, 5], [6]]
    assert len(loader) == 3


def test_shuffled_each_epoch_has_its_order_also_when_it_is_begun_with() -> None:
    loader = BatchLoader(Numbers(20), 8, shuffle=True, drop_last=True, seed=3)
    assert len(loader) == 2
    epochs = [taken(loader) for _ in range(3)]
    assert len({str(epoch) for epoch in epochs}) == 3
    resumed = BatchLoader(Numbers(20), 8, shuffle=True, drop_last=True, seed=3)
    resumed.set_epoch(2)
    assert taken(resumed) == epochs[2]
    assert taken(BatchLoader(Numbers(20), 8, shuffle=True, drop_last=True, seed=4)) != epochs[0]


def test_the_epoch_counts_when_the_first_batch_is_asked_for() -> None:
    loader = BatchLoader(Numbers(20), 20, shuffle=True)
    iterator = iter(loader)
    loader.set_epoch(5)
    late = next(iterator)["place"].tolist()
    loader.set_epoch(5)
    assert taken(loader) == [late]


def test_no_more_is_prepared_than_asked_for() -> None:
    numbers = Numbers(100)
    iterator = iter(BatchLoader(numbers, 1, prefetch=3))
    next(iterator)
    time.sleep(0.2)
    assert len(numbers.asked) == 1 + 3
    iterator.close()
    assert len(numbers.asked) == 1 + 3


def test_leaving_early_ends_the_thread_and_begins_anew_next_time() -> None:
    loader = BatchLoader(Numbers(10), 2)
    assert [batch["place"][0].item() for batch in islice(loader, 2)] == [0, 2]
    assert len(taken(loader)) == 5


def test_an_error_comes_where_its_batch_would() -> None:
    iterator = iter(BatchLoader(Numbers(10, broken=5), 2))
    assert [next(iterator)["place"].tolist() for _ in range(2)] == [[0, 1], [2, 3]]
    with pytest.raises(LucencyError, match="cannot be read"):
        next(iterator)


@pytest.mark.parametrize("argument", [{"batch_size": 0}, {"batch_size": 2.0}, {"prefetch": 0}, {"seed": -1}])
def test_impossible_arguments_are_named(argument: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=next(iter(argument))):
        BatchLoader(Numbers(4), **{"batch_size": 2, **argument})


def test_too_few_images_for_a_batch_are_named() -> None:
    with pytest.raises(ConfigError, match="3 images on 1 ranks make no batch of 4 with drop_last"):
        next(iter(BatchLoader(Numbers(3), 4, drop_last=True)))
