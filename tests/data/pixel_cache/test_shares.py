"""Which rank takes which images, in how many batches."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lucency.data.pixel_cache.shares import batches, number_of_batches, ordered_share, shuffled_share

IMAGES, RANKS, SIZE = st.integers(0, 300), st.integers(1, 9), st.integers(1, 40)
SEED = st.integers(0, 2**40)


@given(IMAGES, RANKS)
def test_every_image_is_evaluated_once_and_in_order(images: int, ranks: int) -> None:
    shares = [ordered_share(images, rank, ranks) for rank in range(ranks)]
    assert np.concatenate(shares).tolist() == list(range(images))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@given(IMAGES, RANKS, SEED, st.integers(0, 1000))
def test_no_image_is_trained_on_twice_and_all_ranks_have_equally_many(
    images: int, ranks: int, seed: int, epoch: int
) -> None:
    shares = [shuffled_share(images, seed, epoch, rank, ranks) for rank in range(ranks)]
    assert {len(share) for share in shares} == {images // ranks}
    taken = np.concatenate(shares)
    assert len(set(taken.tolist())) == len(taken) > images - ranks
    assert set(taken.tolist()) <= set(range(images))


@given(st.integers(0, 300), SEED)
def test_one_rank_takes_the_images_that_several_take_together(images: int, seed: int) -> None:
    alone = shuffled_share(images, seed, 3)
    together = np.stack([shuffled_share(images, seed, 3, rank, 2) for rank in (0, 1)], axis=1).ravel()
    assert together.tolist() == alone[: len(together)].tolist()


def test_the_order_follows_from_seed_and_epoch_alone() -> None:
    orders = {(seed, epoch): tuple(shuffled_share(50, seed, epoch)) for seed in (0, 1) for epoch in (0, 1)}
    np.random.default_rng(0).random(3)
    assert orders == {key: tuple(shuffled_share(50, *key)) for key in orders}
    assert len(set(orders.values())) == 4


def test_images_that_are_left_over_are_others_each_epoch() -> None:
    left = [
        set(range(10)) - {*np.concatenate([shuffled_share(10, 0, epoch, rank, 4) for rank in range(4)]).tolist()}
        for epoch in range(40)
    ]
    assert all(len(images) == 2 for images in left)
    assert set.union(*left) == set(range(10))


@given(st.integers(1, 300), RANKS, SIZE, st.booleans(), st.booleans())
def test_all_ranks_have_the_same_number_of_batches(
    images: int, ranks: int, size: int, shuffled: bool, drop_last: bool
) -> None:
    count = number_of_batches(images, size, ranks, shuffled=shuffled, drop_last=drop_last)
    for rank in range(ranks):
        share = shuffled_share(images, 0, 0, rank, ranks) if shuffled else ordered_share(images, rank, ranks)
        cut = batches(share, size, count)
        taken = np.concatenate([share[:0], *cut])
        assert taken.tolist() == share[: len(taken)].tolist()
        assert all(0 < len(batch) <= size for batch in cut)
        if drop_last:
            assert {len(batch) for batch in cut} <= {size}
            assert len(share) - len(taken) < size + 1
        else:
            assert len(taken) == len(share)
        if size > 1 and (shuffled or drop_last or images >= ranks):
            assert len(cut) == count
