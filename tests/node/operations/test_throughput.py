import random
import time

from lucency.node.jobs import State
from lucency.node.operations.throughput import throughput
from node.operations.fakes import job


def test_slices_count_what_lies_in_them() -> None:
    rng = random.Random(3)
    jobs = [job(i, rng.choice(list(State)), age=rng.uniform(0, 5_000), took=rng.uniform(0, 100)) for i in range(300)]
    now = time.time()
    slices = throughput(jobs, now, slices=6, width_s=600, all_jobs=True)
    for i, one in enumerate(slices):
        begin, end = now - (6 - i) * 600, now - (5 - i) * 600
        assert one.received == sum(begin <= j.received < end for j in jobs)
        # a job that ends after `now` (a clock that runs ahead) counts as just now
        ends = [j.finished for j in jobs if j.state is State.SENT and j.finished is not None]
        assert one.sent == sum(begin <= moment < end + (600 if i == 5 else 0) for moment in ends)
        assert one.complete


def test_slices_before_the_oldest_job_are_incomplete_if_there_are_more_jobs() -> None:
    jobs = [job(1, State.SENT, age=1_000), job(2, State.SENT, age=10)]
    slices = throughput(jobs, time.time(), slices=4, width_s=600, all_jobs=False)
    assert [one.complete for one in slices] == [False, False, False, True]
    slices = throughput(jobs, time.time(), slices=4, width_s=600, all_jobs=True)
    assert [one.complete for one in slices] == [True] * 4
