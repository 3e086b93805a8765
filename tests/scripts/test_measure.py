"""What a figure is: the least of several rounds, CPU time with that of children."""

import subprocess
import sys
import time
from itertools import chain, pairwise

import pytest

BURN = "import time\nwhile time.process_time() < 0.3: pass"


def test_least_of_the_measured_rounds_counts(part):
    now = [0.0]
    took = {"a": iter([1.0, 5.0, 3.0, 4.0]), "b": iter([9.0, 7.0, 8.0, 6.0])}  # the first round warms up

    def contestant(name):
        def work():
            now[0] += next(took[name])

        return work

    least = part("measure").interleaved({name: contestant(name) for name in took}, rounds=3, clock=lambda: now[0])
    assert least == {"a": 3.0, "b": 6.0}


def test_contestants_take_turns_and_the_order_turns_round(part):
    calls = []
    contestants = {name: lambda name=name: calls.append(name) for name in "abc"}
    part("measure").interleaved(contestants, rounds=3, warm=2)
    rounds = [calls[first : first + 3] for first in range(0, 15, 3)]
    assert list(chain(*rounds)) == calls
    assert [sorted(one) for one in rounds] == [["a", "b", "c"]] * 5
    assert [one for one, next_ in pairwise(rounds) if one == next_] == []


def test_time_of_children_counts_and_sleep_does_not(part):
    least = part("measure").interleaved(
        {
            "child": lambda: subprocess.run([sys.executable, "-c", BURN], check=True),
            "sleep": lambda: time.sleep(0.3),
        },
        rounds=1,
        warm=0,
    )
    assert least["child"] >= 0.3
    assert least["sleep"] < 0.1


@pytest.mark.parametrize(("contestants", "rounds"), [({}, 1), ({"a": list}, 0)])
def test_nothing_to_measure_is_refused(part, contestants, rounds):
    with pytest.raises(ValueError, match="give at least one of each"):
        part("measure").interleaved(contestants, rounds)
