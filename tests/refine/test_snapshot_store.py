import os
import signal

import numpy as np
import pytest

from lucency.errors import ConfigError, LucencyError, TableError
from lucency.refine.snapshot_store import SnapshotStore
from lucency.refine.vog import FORMS, variance_of_gradients
from support import python

IMAGES, FINDINGS, FEATURES, SNAPSHOTS = 11, ["edema", "mass"], 6, 3
NAMES = [f"{number}.png" for number in range(IMAGES)]


def store_in(folder, **options):
    given = {"images": NAMES, "findings": FINDINGS, "features": FEATURES, "snapshots": SNAPSHOTS}
    return SnapshotStore(folder, **{**given, **options})


def snapshot(step):
    """Residuals, with one unknown, and features that float32 and float16 hold exactly."""
    rng = np.random.default_rng(step)
    residuals = rng.uniform(-1, 1, (IMAGES, len(FINDINGS))).astype(np.float32)
    residuals[4, 1] = np.nan
    return residuals, rng.normal(size=(IMAGES, FEATURES)).astype(np.float16)


def filled(folder, steps):
    store = store_in(folder)
    for step in steps:
        store.add(*snapshot(step), step=step)
    return store


def vog_of(steps, form="trace"):
    residuals, features = (np.stack(parts) for parts in zip(*map(snapshot, steps), strict=True))
    return variance_of_gradients(residuals, features, form=form)


@pytest.mark.parametrize("rows_at_once", [1, 4, 100])
@pytest.mark.parametrize("form", FORMS)
def test_it_is_the_vog_of_the_last_snapshots(tmp_path, form, rows_at_once):
    store = filled(tmp_path, range(1, 6))
    assert store.steps == [3, 4, 5]
    got = store.vog(form, rows_at_once)
    np.testing.assert_allclose(got, vog_of([3, 4, 5], form), rtol=1e-6)
    assert np.argwhere(np.isnan(got)).tolist() == [[4, 1]]


def test_rows_arrive_in_any_order_from_any_process(tmp_path):
    filled(tmp_path, [1, 2])
    first, second = store_in(tmp_path), store_in(tmp_path)
    residuals, features = snapshot(3)
    order = np.random.default_rng(0).permutation(IMAGES)
    first.begin(3)
    for number, rows in enumerate(np.array_split(order, 5)):
        (first, second)[number % 2].write_rows(3, rows, residuals[rows], features[rows])
    assert not first.ready
    second.flush(3)
    first.commit(3)
    assert second.ready
    np.testing.assert_array_equal(second.vog(), filled(tmp_path / "whole", [1, 2, 3]).vog())


def test_a_snapshot_that_lacks_an_image_does_not_count(tmp_path):
    store = filled(tmp_path, [1, 2, 3])
    residuals, features = snapshot(4)
    rows = np.delete(np.arange(IMAGES), [2, 7])
    store.begin(4)
    store.write_rows(4, rows, residuals[rows], features[rows])
    with pytest.raises(LucencyError, match=r"snapshot 4 lacks 2\.png, 7\.png; write the rows of every image"):
        store.commit(4)
    assert store.steps == [1, 2, 3]
    np.testing.assert_allclose(store.vog(), vog_of([1, 2, 3]), rtol=1e-6)


KILLED = """
import os, signal, sys
import numpy as np
from lucency.refine.snapshot_store import SnapshotStore
folder, point = sys.argv[1:]
store = SnapshotStore.open(folder)
store.begin(5)
n = {"begun": 0, "half": len(store.images) // 2, "written": len(store.images)}[point]
store.write_rows(5, np.arange(n), np.full((n, 2), 0.5), np.full((n, store.features), 7.0))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("point", ["begun", "half", "written"])
def test_a_kill_in_a_snapshot_leaves_the_former_ones(tmp_path, point):
    filled(tmp_path, range(1, 5))
    assert python("-c", KILLED, tmp_path, point).returncode == -signal.SIGKILL
    store = store_in(tmp_path)
    assert store.steps == [2, 3, 4]
    np.testing.assert_allclose(store.vog(), vog_of([2, 3, 4]), rtol=1e-6)
    store.add(*snapshot(5), step=5)  # what the run does when it goes on
    np.testing.assert_allclose(store.vog(), vog_of([3, 4, 5]), rtol=1e-6)


def test_a_kill_while_the_store_is_made_leaves_none(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _killed)  # the first file that is written for good is the one before the header
        with pytest.raises(KeyboardInterrupt):
            store_in(tmp_path)
    with pytest.raises(LucencyError, match="holds no snapshots"):
        SnapshotStore.open(tmp_path)
    np.testing.assert_allclose(filled(tmp_path, [1, 2, 3]).vog(), vog_of([1, 2, 3]), rtol=1e-6)


def _killed(descriptor):
    raise KeyboardInterrupt


def test_a_run_that_goes_back_writes_its_snapshots_again(tmp_path):
    store = filled(tmp_path, [10, 20, 30, 40])
    store.discard_after(30)  # the checkpoint was of iteration 30
    assert store.steps == [10, 20, 30]
    np.testing.assert_allclose(store.vog(), vog_of([10, 20, 30]), rtol=1e-6)
    store.add(*snapshot(40), step=40)
    np.testing.assert_allclose(store.vog(), vog_of([20, 30, 40]), rtol=1e-6)
    store.add(*snapshot(15), step=15)  # 20 to 40 have not been yet
    assert store.steps == [10, 15]
    store.discard_after(0)
    assert store.steps == []


def test_steps_count_themselves(tmp_path):
    store = store_in(tmp_path)
    for step in range(5):
        store.add(*snapshot(step))
    assert store.steps == [3, 4, 5]


def test_open_knows_images_and_findings(tmp_path):
    vog = filled(tmp_path, [1, 2, 3]).vog()
    opened = SnapshotStore.open(tmp_path)
    assert (opened.images, opened.findings, opened.features, opened.snapshots) == (NAMES, FINDINGS, FEATURES, SNAPSHOTS)
    np.testing.assert_array_equal(opened.vog(), vog)


def test_room_is_taken_when_the_store_is_made(tmp_path):
    store_in(tmp_path, features=1000)
    content = (SNAPSHOTS + 1) * IMAGES * (1000 * 2 + len(FINDINGS) * 4)
    assert sum(path.stat().st_blocks * 512 for path in tmp_path.iterdir()) >= content


def test_no_room_is_an_error_of_one_line(tmp_path, monkeypatch):
    def full(descriptor, offset, length):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(
        LucencyError, match=r"no room made for snapshots \(No space left on device\); they take 0\.0 GB"
    ):
        store_in(tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"images": [*NAMES[1:], NAMES[0]]}, "other images"),
        ({"findings": FINDINGS[::-1]}, "other findings"),
        ({"features": 7, "snapshots": 5}, "other features, snapshots"),
        ({"labels": "relabelled"}, "other labels"),
    ],
)
def test_a_store_of_something_else_is_refused(tmp_path, options, message):
    filled(tmp_path, [1])
    with pytest.raises(TableError, match=f"holds snapshots of {message}; choose another folder, or delete it"):
        store_in(tmp_path, **options)


def write(store, rows=(0, 1), **changed):
    rows = np.asarray(rows)
    parts = dict(zip(("residuals", "features"), (part[:2].astype(float) for part in snapshot(1)), strict=True))
    for name, value in changed.items():
        parts[name][1, 0] = value
    store.write_rows(1, rows, **parts)


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda store: write(store, residuals=2.5), r"residual 0 of row 1 is 2\.5; give sigmoid\(logit\) - target"),
        (lambda store: write(store, features=70000), r"feature 0 of row 1 is 70000; float16 holds"),
        (lambda store: write(store, features=np.nan), r"feature 0 of row 1 is nan"),
        (lambda store: write(store, rows=[0, IMAGES]), r"rows must be whole numbers from 0 to 10"),
        (lambda store: write(store, rows=[-1, 0]), r"rows must be whole numbers from 0 to 10"),
        (lambda store: write(store, rows=[0, 1, 2]), r"residuals are \(2, 2\); this store and 3 rows need \(3, 2\)"),
        (lambda store: store.write_rows(2, [0], [[0, 0]], [[0] * FEATURES]), "snapshot 2 was not begun"),
        (lambda store: store.commit(2), "snapshot 2 was not begun"),
    ],
)
def test_what_cannot_be_kept_is_an_error_and_nothing_is_written(tmp_path, mistake, message):
    store = store_in(tmp_path)
    store.begin(1)
    with pytest.raises(LucencyError, match=message):
        mistake(store)
    with pytest.raises(LucencyError, match=r"lacks 0\.png, 1\.png, 2\.png and 8 more"):
        store.commit(1)


def test_vog_of_too_few_snapshots_is_an_error(tmp_path):
    with pytest.raises(LucencyError, match="holds 2 of 3 snapshots; train on"):
        filled(tmp_path, [1, 2]).vog()
    with pytest.raises(ConfigError, match="unknown form of VoG"):
        filled(tmp_path, [3]).vog("variance")


@pytest.mark.parametrize("names", [{"images": []}, {"images": ["a", "a"]}, {"findings": ["mass", "mass"]}])
def test_names_must_tell_rows_and_columns_apart(tmp_path, names):
    with pytest.raises(TableError, match="must be different names"):
        store_in(tmp_path, **names)


@pytest.mark.parametrize("name", ["features-0.npy", "identity.json", "snapshots.json"])
def test_a_damaged_file_is_named(tmp_path, name):
    filled(tmp_path, [1, 2, 3])
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:20])
    with pytest.raises(LucencyError, match=rf"{name}: cannot be read .* delete the folder, and train again"):
        SnapshotStore.open(tmp_path).vog()
