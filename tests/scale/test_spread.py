"""Every chunk has exactly one result, in order, whatever dies on the way."""

import importlib

import pytest

from lucency.errors import ConfigError, LucencyError
from lucency.scale import cluster, spread
from scale import chunk_functions as functions

NUMBERS = list(range(24))
CHUNKS = [NUMBERS[start : start + 3] for start in range(0, 24, 3)]


@pytest.fixture(scope="module")
def two_processors(ray_folder):
    with cluster("local", workers=2) as ray:
        yield ray


pytestmark = pytest.mark.usefixtures("two_processors")


def results_of(spreading):
    return [result for _, results in spreading for result in results]


def test_results_come_in_the_order_of_the_chunks_not_of_their_ends():
    done = list(spread(functions.squares_late_first, 1, CHUNKS))
    assert done == [(chunk, functions.squares(1, chunk)) for chunk in CHUNKS]


def test_a_chunk_whose_process_is_killed_is_done_again_and_counts_once(tmp_path):
    assert results_of(spread(functions.squares_or_death, str(tmp_path), CHUNKS)) == functions.squares(0, NUMBERS)
    tries = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert tries == {str(chunk[0]): 2 if 5 in chunk else 1 for chunk in CHUNKS}


def test_an_item_that_kills_every_process_is_named_after_all_others_are_done():
    results = []

    def take():
        for _, some in spread(functions.squares_but_seven, 0, CHUNKS, retries=1):
            results.extend(some)

    with pytest.raises(LucencyError, match=r"^7: kills the process that takes it, 2 times in a row; all others"):
        take()
    assert results == functions.squares(0, [number for number in NUMBERS if number != 7])


def test_no_more_chunks_are_drawn_than_results_are_taken():
    drawn = []

    def drawing():
        for chunk in CHUNKS * 100:
            drawn.append(chunk)
            yield chunk

    spreading = spread(functions.squares, 0, drawing(), workers=1)
    next(spreading)
    assert len(drawn) <= 4
    spreading.close()


def test_an_error_of_ours_arrives_as_it_was_raised_and_a_defect_with_its_trace():
    with pytest.raises(ConfigError) as ours:
        list(spread(functions.refuse, 0, CHUNKS))
    assert str(ours.value) == "0: not wanted; want another"
    with pytest.raises(ZeroDivisionError, match="chunk_functions"):
        list(spread(functions.divide, 0, CHUNKS))


def test_a_worker_that_lacks_a_module_says_so_in_one_line(tmp_path, monkeypatch):
    (tmp_path / "only_here.py").write_text("def count(job, chunk):\n    return len(chunk)\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(LucencyError, match=r"No module named 'only_here'.; install the same lucency"):
        list(spread(importlib.import_module("only_here").count, 0, CHUNKS))
