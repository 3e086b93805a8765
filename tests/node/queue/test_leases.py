import time

import pytest

from lucency.node.jobs import Kind, State
from node.queue.arrivals import arrival


def enter(queue, number):
    for index in range(number):
        queue.put(arrival(f"1.{index}", f"objects/{index}.dcm"))


def uids(jobs):
    return [job.sop_instance_uid for job in jobs]


def claim(queue, stage="work", lease_s=60.0, owner="node/worker-1"):
    (job,) = queue.claim(stage, owner, lease_s)
    return job


def build(queue, products=("reports/1/1-report.dcm",)):
    job = claim(queue)
    assert queue.built(job, list(products), "recipe", "digest")
    return queue.get(job.id)


def test_claims_are_oldest_first_and_an_attempt_each(queue):
    enter(queue, 5)
    first = queue.claim("work", "n", 60, limit=2)
    assert uids(first) == ["1.0", "1.1"]
    assert uids(queue.claim("work", "n", 60, limit=10)) == ["1.2", "1.3", "1.4"]
    assert queue.claim("work", "n", 60) == []
    assert all((job.state, job.attempts) == (State.RUNNING, 1) and job.lease and job.started for job in first)
    assert [queue.get(job.id) for job in first] == first


def test_what_comes_back_goes_before_what_came_later(queue):
    enter(queue, 3)
    job = claim(queue)
    queue.again(job, Kind.CRASHED, "", 0)
    assert uids(queue.claim("work", "n", 60, limit=3)) == ["1.0", "1.1", "1.2"]


def test_a_lease_runs_out(queue):
    enter(queue, 1)
    claim(queue, lease_s=0.2)
    assert queue.claim("work", "n", 60) == []
    time.sleep(0.25)
    assert claim(queue).attempts == 2


@pytest.mark.parametrize("stage", ["work", "delivery"])
def test_a_stale_holder_changes_nothing(queue, stage):
    enter(queue, 1)
    if stage == "delivery":
        build(queue)
    stale = claim(queue, stage, lease_s=0)
    holder = claim(queue, stage)
    assert not queue.built(stale, ["x"], "recipe", "d")
    assert not queue.sent(stale)
    assert not queue.skipped(stale, Kind.NO_IMAGE, "")
    assert not queue.dead(stale, Kind.CRASHED, "")
    assert not queue.again(stale, Kind.CRASHED, "", 0)
    assert queue.get(stale.id) == holder
    assert queue.dead(holder, Kind.CRASHED, "")
    assert not queue.dead(holder, Kind.TIME_LIMIT, ""), "a lease ends once"


def test_without_a_lease_nothing_ends(queue):
    enter(queue, 1)
    (job,) = queue.jobs()
    assert not queue.dead(job, Kind.CRASHED, "")
    assert queue.get(job.id) == job


def test_a_lease_that_ran_out_is_still_its_holders_until_the_next_claim(queue):
    enter(queue, 1)
    assert queue.built(claim(queue, lease_s=0), ["x"], "recipe", "d")


def test_the_way_to_the_pacs(queue):
    enter(queue, 1)
    before = time.time()
    job = build(queue, ["reports/1/1-report.dcm", "reports/1/2-heatmap.dcm"])
    assert (job.state, job.attempts, job.digest, job.lease) == (State.BUILT, 0, "digest", None)
    assert job.products == ("reports/1/1-report.dcm", "reports/1/2-heatmap.dcm")
    assert queue.claim("work", "n", 60) == []
    held = claim(queue, "delivery")
    assert (held.state, held.attempts) == (State.BUILT, 1)
    assert not queue.built(held, ["other"], "recipe", "d"), "it is built already"
    assert queue.sent(held)
    job = queue.get(job.id)
    assert (job.state, job.kind, job.lease) == (State.SENT, None, None)
    assert before - 1 <= job.received <= job.started <= job.built <= job.finished <= time.time() + 1


def test_work_cannot_be_sent(queue):
    enter(queue, 1)
    job = claim(queue)
    assert not queue.sent(job)
    assert queue.get(job.id) == job


def test_again_waits_and_tells_why(queue):
    enter(queue, 1)
    job = claim(queue)
    assert queue.again(job, Kind.MEMORY_LIMIT, "2 GB", 0.2)
    waiting = queue.get(job.id)
    assert (waiting.state, waiting.kind, waiting.reason, waiting.attempts, waiting.lease) == (
        State.QUEUED,
        Kind.MEMORY_LIMIT,
        "2 GB",
        1,
        None,
    )
    assert queue.kinds() == {(State.QUEUED, Kind.MEMORY_LIMIT): 1}
    assert queue.claim("work", "n", 60) == []
    time.sleep(0.25)
    job = claim(queue)
    assert job.attempts == 2
    queue.built(job, ["x"], "recipe", "d")
    assert queue.get(job.id).kind is None


@pytest.mark.parametrize(("counts", "attempts"), [(True, 1), (False, 0)])
def test_an_outage_of_the_pacs_is_no_attempt(queue, counts, attempts):
    enter(queue, 1)
    build(queue)
    queue.again(claim(queue, "delivery"), Kind.PACS_UNREACHABLE, "", 0, counts=counts)
    (job,) = queue.jobs()
    assert (job.state, job.attempts) == (State.BUILT, attempts)


def test_release_gives_back_what_an_owner_held(queue):
    enter(queue, 4)
    work = claim(queue, owner="abc/worker-1")
    other = claim(queue, owner="xyz/worker-1")
    assert queue.built(claim(queue, owner="abc/worker-2"), ["x"], "recipe", "d")
    sending = claim(queue, "delivery", owner="abc/courier")
    like = claim(queue, owner="ABC/worker-1")
    assert queue.release("a%c") == 0
    assert queue.release("abc/") == 2
    assert queue.release("abc/") == 0
    for job, state in ((work, State.QUEUED), (sending, State.BUILT)):
        back = queue.get(job.id)
        assert (back.state, back.attempts, back.lease) == (state, 0, None)
    assert [queue.get(job.id) for job in (other, like)] == [other, like]
    assert not queue.built(work, ["x"], "recipe", "d")
    assert claim(queue).id == work.id


def test_the_same_object_by_the_same_model_is_answered_once(queue):
    """After an upgrade a job of the former recipe is done by the present model, which may have its own job already."""
    for recipe in ("former", "present"):
        queue.put(arrival(path=f"objects/{recipe}.dcm", recipe=recipe))
    former, present = queue.claim("work", "n", 60, limit=2)
    assert queue.built(former, ["reports/1/1-report.dcm"], "present", "d")
    former = queue.get(former.id)
    assert (former.state, former.kind, former.products) == (State.SKIPPED, Kind.ANSWERED_BEFORE, ())
    assert queue.built(present, ["reports/2/1-report.dcm"], "present", "d")
    assert queue.get(present.id).state is State.BUILT


def test_a_result_bears_the_recipe_that_made_it(queue):
    enter(queue, 1)
    job = claim(queue)
    assert queue.built(job, ["x"], "present", "d")
    assert queue.find("1.0", "recipe") is None
    assert queue.find("1.0", "present").id == job.id
