import pytest

from lucency.node.jobs import Arrival, Kind, Reception, State
from node.queue.arrivals import arrival


def test_an_object_is_one_job(queue):
    assert queue.put(arrival()) is Reception.TAKEN
    assert queue.put(arrival(path="objects/b.dcm")) is Reception.KNOWN
    (job,) = queue.jobs()
    assert (job.sop_instance_uid, job.path, job.state) == ("1.2.3", "objects/a.dcm", State.QUEUED)
    assert (job.attempts, job.lease, job.products, job.started, job.built, job.finished) == (0, None, (), *[None] * 3)


def test_another_recipe_is_another_job(queue):
    for recipe in ("r1", "r2"):
        assert queue.put(arrival(path=f"objects/{recipe}.dcm", recipe=recipe)) is Reception.TAKEN
    assert queue.find("1.2.3", "r1").path == "objects/r1.dcm"
    assert queue.find("1.2.3", "r3") is None


def test_what_was_entered_by_the_same_call_is_taken(queue):
    """A connection may break after the server committed; the call that is run again must not lose its own file."""
    assert queue.put(arrival()) is Reception.TAKEN
    assert queue.put(arrival()) is Reception.TAKEN
    assert len(queue.jobs()) == 1


def test_skipped_at_once(queue):
    ct = Arrival("1.2.3", "1.2.840.10008.5.1.4.1.1.2", "CT1", "", "recipe", Kind.NOT_CANDIDATE, "CT\nimage")
    assert queue.put(ct) is Reception.TAKEN
    assert queue.put(ct) is Reception.KNOWN
    job = queue.find("1.2.3", "recipe")
    assert (job.state, job.kind, job.reason, job.path) == (State.SKIPPED, Kind.NOT_CANDIDATE, "CT image", "")
    assert job.finished == job.received
    assert queue.claim("work", "n", 60) == []


def ended(queue, how):
    """A job of the object 1.2.3 with the digest 'old', ended in one of four ways."""
    queue.put(arrival())
    (job,) = queue.claim("work", "n", 60)
    if how == "skipped":
        queue.skipped(job, Kind.NO_IMAGE, "no pixels", "old")
    elif how == "dead":
        queue.dead(job, Kind.UNREADABLE, "half a file", "old")
    else:
        queue.built(job, ["reports/1/1-report.dcm"], "recipe", "old")
        (job,) = queue.claim("delivery", "n", 60)
        if how == "sent":
            queue.sent(job)
        else:
            queue.dead(job, Kind.REFUSED_BY_PACS, "A900")
    return queue.get(job.id)


@pytest.mark.parametrize("how", ["skipped", "dead"])
def test_other_content_replaces_what_gave_no_result(queue, how):
    old = ended(queue, how)
    other = arrival(path="objects/b.dcm")
    assert queue.put(other) is Reception.KNOWN, "without a digest"
    assert queue.put(other, "old") is Reception.KNOWN, "the same content"
    assert queue.get(old.id) == old
    assert queue.put(other, "new") is Reception.REPLACED
    assert queue.get(old.id) is None
    (job,) = queue.claim("work", "n", 60)
    assert job.id > old.id, "products of the other object must not be taken for its own"
    assert (job.path, job.digest, job.kind, job.attempts) == ("objects/b.dcm", "new", None, 1)
    assert queue.put(arrival(path="objects/c.dcm"), "newer") is Reception.KNOWN, "it is being worked on"


@pytest.mark.parametrize("how", ["sent", "dead with products"])
def test_a_result_is_never_replaced(queue, how):
    old = ended(queue, how)
    assert queue.put(arrival(path="objects/b.dcm"), "new") is Reception.KNOWN
    assert queue.get(old.id) == old


def test_a_holder_cannot_finish_what_replaced_its_job(queue):
    queue.put(arrival())
    (stale,) = queue.claim("work", "n", 0)
    (job,) = queue.claim("work", "n", 60)
    queue.dead(job, Kind.CRASHED, "")
    queue.put(arrival(path="objects/b.dcm"), "new")
    assert not queue.built(stale, ["reports/1/1-report.dcm"], "recipe", "old")
    assert queue.counts()[State.QUEUED] == 1


def test_odd_bytes_of_peers_are_stored(queue):
    odd = Arrival("1.2\x00\udcff", "1.\x00", "CR\x00\udc80", "objects/a.dcm", "recipe")
    assert queue.put(odd) is Reception.TAKEN
    assert queue.put(Arrival(odd.sop_instance_uid, "1", "CR", "objects/b.dcm", "recipe")) is Reception.KNOWN
    assert queue.known([odd.sop_instance_uid, "1.2"], "recipe") == {odd.sop_instance_uid}
    assert queue.find(odd.sop_instance_uid, "recipe").sender == r"CR\x00\udc80"
    (job,) = queue.claim("work", "n", 60)
    assert queue.dead(job, Kind.UNREADABLE, "a\n\x00\udcff" + "b" * 10_000)
    assert queue.get(job.id).reason.startswith(r"a \x00\udcffbbb")
    assert len(queue.get(job.id).reason) == 1000
