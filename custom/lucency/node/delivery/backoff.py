"""How long to wait before something is tried again."""

import random
from collections.abc import Callable


def ceiling(tries: int, base: float, cap: float) -> float:
    """Give the longest wait after so many tries in vain: ``min(cap, base * 2**tries)`` seconds.

    Args:
        tries: 0 before the first repetition.
        base: ceiling of the first wait, in seconds.
        cap: ceiling of every wait, in seconds.

    Example:
        >>> [ceiling(tries, 2, 300) for tries in (0, 1, 2, 100_000)]
        [2, 4, 8, 300]
    """
    return min(cap, base * (1 << min(tries, 64)))  # floats end at 2**1023


def full_jitter(
    tries: int, base: float, cap: float, uniform: Callable[[float, float], float] = random.uniform
) -> float:
    """Draw a wait between nothing and the `ceiling`, so that peers that failed together do not come back together.

    Brooker, *Exponential Backoff And Jitter* (AWS Architecture Blog, 2015), calls this "full jitter".

    Args:
        tries: as of `ceiling`, like `base` and `cap`.
        base: seconds.
        cap: seconds.
        uniform: draws between two numbers.

    Example:
        >>> full_jitter(3, 2, 300, uniform=lambda low, high: high)
        16
    """
    return uniform(0, ceiling(tries, base, cap))
