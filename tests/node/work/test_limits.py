import resource

import numpy as np
import pytest

from lucency.node.work.limits import address_space, memory_limit, ran_out_of_memory

MEGABYTE = 1_000_000


@pytest.fixture
def held():
    if (size := address_space()) is None:
        pytest.skip("the system does not tell how much address space a process holds")
    return size


def test_more_memory_than_the_limit_is_an_error_and_less_is_none(held):
    with memory_limit(held, 400):
        assert np.ones(100 * MEGABYTE, np.uint8)[-1] == 1
        with pytest.raises(MemoryError):
            np.ones(600 * MEGABYTE, np.uint8)


def test_the_limit_ends_with_the_block_even_after_an_error(held):
    before = resource.getrlimit(resource.RLIMIT_AS)
    with pytest.raises(MemoryError), memory_limit(held, 100):
        bytearray(500 * MEGABYTE)
    assert resource.getrlimit(resource.RLIMIT_AS) == before
    assert len(bytearray(500 * MEGABYTE)) == 500 * MEGABYTE


def test_a_limit_that_is_there_already_is_not_raised(held):
    before = resource.getrlimit(resource.RLIMIT_AS)
    ours = held + 300 * MEGABYTE
    resource.setrlimit(resource.RLIMIT_AS, (ours, before[1]))
    try:
        with memory_limit(held, 5000):
            assert resource.getrlimit(resource.RLIMIT_AS)[0] == ours
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def test_without_a_known_size_nothing_is_limited():
    before = resource.getrlimit(resource.RLIMIT_AS)
    with memory_limit(None, 100):
        assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_a_shortage_is_found_below_other_errors():
    error = ValueError("cannot be read")
    error.__cause__ = MemoryError()
    assert ran_out_of_memory(error)
    assert not ran_out_of_memory(ValueError("can't allocate memory"))  # text of a file, perhaps
