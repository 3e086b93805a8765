"""Waits before something is tried again."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lucency.node.delivery.backoff import ceiling, full_jitter


@given(st.integers(0, 10**6), st.floats(0.01, 100), st.floats(0.01, 1e4))
def test_waits_lie_between_nothing_and_a_ceiling_that_doubles_up_to_the_cap(
    tries: int, base: float, cap: float
) -> None:
    top = ceiling(tries, base, cap)
    assert top == (cap if tries > 40 else min(cap, base * 2.0**tries))
    assert 0 <= full_jitter(tries, base, cap) <= top


def test_waits_fill_the_whole_range_evenly() -> None:
    draws = np.array([full_jitter(2, 1.0, 100.0) for _ in range(4000)])
    counts, _ = np.histogram(draws, bins=4, range=(0, 4))
    assert np.abs(counts - 1000).max() < 5 * np.sqrt(1000 * 0.75)  # five standard deviations of a binomial count
