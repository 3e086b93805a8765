"""Loops compiled with numba where it is installed, and what takes their place where it is not."""

import logging
import threading
from collections.abc import Callable
from functools import cache, update_wrapper
from importlib.util import find_spec
from typing import Generic, ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

_LOG = logging.getLogger("lucency")


def compiled(
    instead: Callable[Parameters, Result], after: int = 0
) -> Callable[[Callable[Parameters, Result]], "Compiled[Parameters, Result]"]:
    """Compile a function of numbers and NumPy arrays when it is first called.

    numba is imported then and not before: what needs no such loop starts without it. The machine code is kept on disk
    where the package's folder or the user's cache can be written, and other threads run while it does.

    Args:
        instead: the same in NumPy, taken where numba is not installed; one notice for the whole process says so.
        after: how many calls `instead` answers first. A process that makes no more of them is over before numba would
            have been imported; the two must then agree to the last bit.

    Returns:
        A decorator.

    Example:
        >>> import numpy as np
        >>> @compiled(instead=np.sum)
        ... def total(numbers):
        ...     result = 0.0
        ...     for number in numbers:
        ...         result += number
        ...     return result
        >>> total(np.array([1.0, 2.5]))
        3.5
    """
    return lambda function: Compiled(function, instead, after)


class Compiled(Generic[Parameters, Result]):
    """A function that is compiled once it is called; see `compiled`."""

    def __init__(
        self, function: Callable[Parameters, Result], instead: Callable[Parameters, Result], after: int = 0
    ) -> None:
        self.function, self.instead, self.after = function, instead, after
        self._chosen: Callable[Parameters, Result] | None = None
        update_wrapper(self, function)

    def __call__(self, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        """Call the compiled function, or what takes its place."""
        if self._chosen is None:
            if self.after > 0:
                self.after -= 1
                return self.instead(*args, **kwargs)
            with _CHOOSING:
                self._chosen = self._chosen or _choose(self.function, self.instead)
        return self._chosen(*args, **kwargs)


_CHOOSING = threading.Lock()


def _choose(
    function: Callable[Parameters, Result], instead: Callable[Parameters, Result]
) -> Callable[Parameters, Result]:
    if find_spec("numba") is None:
        _notice()
        return instead
    from numba import njit

    made: Callable[Parameters, Result]
    try:
        made = njit(nogil=True, cache=True)(function)
    except RuntimeError:  # there is no folder to keep machine code in
        made = njit(nogil=True)(function)
    return made


@cache
def _notice() -> None:
    _LOG.warning("numba is not installed: images load and intervals come slower; mend: pip install numba")
