import pickle
from dataclasses import replace
from time import process_time

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from lucency.data.phantom import render
from lucency.errors import ConfigError
from lucency.inference.guard import InputGuard, merged
from lucency.inference.guard.image_check import MODEL, ImageCheck
from lucency.inference.guard.poses import POSES
from lucency.results.schema import GuardResult
from references.guard_inputs import header, letterboxed

PHANTOMS = [render(index, seed=11, size=160)[0] for index in range(4)]


class Judged(Dataset):
    def __init__(self, guard, images):
        self.guard, self.images = guard, images

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return merged(self.guard.check_header(header()), self.guard.check_image(self.images[index])).outcome


@pytest.mark.parametrize("image", PHANTOMS)
def test_the_phantom_is_accepted_as_it_is_and_flagged_when_turned_or_inverted(guard, image):
    assert guard.check_image(image) == GuardResult(outcome="accept")
    for pose in (*POSES[1:4], *POSES[5:]):
        turned = guard.check_image(pose.apply(torch.from_numpy(image)))
        assert turned.outcome == "warning"
        assert pose.name in turned.reasons[0]
    inverted = guard.check_image(1 - image)
    assert inverted.outcome == "warning"
    assert "inverted" in inverted.reasons[0]


def test_the_outcome_of_a_turned_inverted_or_foreign_image_can_be_set():
    strict = InputGuard(rules={"orientation": {"other": "refuse"}, "inversion": {"other": "accept"}})
    noise = np.random.default_rng(0).random((64, 64), dtype=np.float32)
    assert strict.check_image(PHANTOMS[0][::-1]).outcome == "refuse"
    assert strict.check_image(1 - PHANTOMS[0]).outcome == "accept"
    assert strict.check_image(noise).outcome == "refuse"
    assert InputGuard(rules={"chest": {"other": "warning"}}).check_image(noise).outcome == "warning"


class Unsure(ImageCheck):
    """Believes in something else with a given probability."""

    def __call__(self, image):
        return replace(super().__call__(image), other=self.belief)


def test_a_doubtful_image_is_warned_of_and_a_sure_one_refused():
    for rules, outcomes in (
        ({}, ["accept", "warning", "refuse"]),
        ({"chest": {"doubtful": "accept"}}, ["accept", "accept", "refuse"]),
    ):
        guard = InputGuard(rules=rules)
        guard.network = Unsure()
        limits = guard.network.thresholds
        for belief, outcome in zip(
            (limits.other, (limits.other + limits.sure) / 2, limits.sure + 1e-6), outcomes, strict=True
        ):
            guard.network.belief = belief
            assert guard.check_image(PHANTOMS[0]).outcome == outcome


def test_switched_off_it_looks_at_nothing():
    blind = InputGuard(header=False, image=False)
    assert blind.check_image(PHANTOMS[0]) == blind.check_header(header(Modality="CT")) == GuardResult()


@pytest.mark.parametrize(
    ("image", "told"),
    [
        (np.zeros((64, 64), np.float32), "one grey alone"),
        (np.ones((64, 64), np.float32), "one grey alone"),
        (np.full((64, 64), np.nan, np.float32), "not finite"),
        (np.ones((31, 64), np.float32), "too few"),
    ],
)
def test_what_cannot_be_judged_is_refused(guard, image, told):
    result = guard.check_image(image)
    assert result.outcome == "refuse"
    assert told in result.reasons[0]


def test_three_axes_are_a_mistake_of_the_caller(guard):
    with pytest.raises(ConfigError, match="give one image"):
        guard.check_image(np.zeros((1, 64, 64), np.float32))


@pytest.mark.parametrize("kind", ["half", "stripes", "one pixel", "gradient"])
def test_nonsense_is_flagged(guard, kind):
    image = np.zeros((96, 96), np.float32)
    if kind == "half":
        image[48:] = 1
    elif kind == "stripes":
        image[::4] = 1
    elif kind == "one pixel":
        image[50, 40] = 1
    else:
        image[:] = np.linspace(0, 1, 96)
    assert guard.check_image(image).outcome != "accept"


def test_black_padding_changes_nothing(guard):
    image = PHANTOMS[1][8:-8]
    for top, left in ((0, 40), (40, 0), (17, 3)):
        padded = np.pad(image, ((top, top), (left, left + 1)))
        assert guard.network(padded) == guard.network(image)


def test_size_makes_little_difference(guard):
    image, _ = render(3, seed=12, size=512)
    reference = guard.network(letterboxed(image, 512))
    for size in (64, 100, 224, 320):
        found = guard.network(letterboxed(image, size))
        assert guard.check_image(letterboxed(image, size)).outcome == "accept"
        assert abs(found.other - reference.other) < 0.1
        assert abs(found.upright - reference.upright) < 0.2


def test_window_and_contrast_make_no_difference(guard):
    reference = guard.network(PHANTOMS[2])
    for changed in (0.2 + 0.5 * PHANTOMS[2], PHANTOMS[2] ** 0.5):
        found = guard.network(changed)
        np.testing.assert_allclose([found.other, found.upright], [reference.other, reference.upright], atol=0.1)


def test_the_same_image_always_gets_the_same_answer(guard):
    image = torch.from_numpy(PHANTOMS[3])
    assert len({guard.network(image) for _ in range(3)} | {ImageCheck()(image), guard.network(image.numpy())}) == 1


def test_it_pickles_and_serves_forked_workers(guard):
    copy = pickle.loads(pickle.dumps(guard))
    assert copy.rules == guard.rules
    assert copy.network(PHANTOMS[0]) == guard.network(PHANTOMS[0])
    loader = DataLoader(Judged(guard, [*PHANTOMS, 1 - PHANTOMS[0]]), num_workers=2, multiprocessing_context="fork")
    assert [outcome for (outcome,) in loader] == ["accept"] * 4 + ["warning"]


def test_it_leaves_torch_as_it_was(guard):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    InputGuard().check_image(PHANTOMS[0])
    assert torch.equal(torch.rand(1), expected)
    assert torch.is_grad_enabled()


def test_it_is_fast_and_small(guard):
    image = torch.from_numpy(letterboxed(PHANTOMS[0], 320))
    times = []
    for _ in range(20):
        started = process_time()
        guard.check_image(image)
        times.append(process_time() - started)
    assert min(times) < 0.02  # seconds of a core; 5 ms where nothing else runs
    assert MODEL.stat().st_size < 500_000


def test_merging_takes_the_worst_outcome_and_all_reasons():
    warning = GuardResult(outcome="warning", reasons=("no view",))
    refusal = GuardResult(outcome="refuse", reasons=("a hand",))
    assert merged(warning, refusal, GuardResult()) == GuardResult(outcome="refuse", reasons=("a hand", "no view"))
    assert merged(GuardResult(), GuardResult(outcome="accept")).outcome == "accept"
    assert merged(GuardResult()) == GuardResult()


@pytest.mark.parametrize("content", [None, "thresholds: {other: 2, upright: 0.1}", "[]", "a: ["])
def test_weights_without_sane_thresholds_are_not_used(tmp_path, content):
    (tmp_path / MODEL.name).write_bytes(MODEL.read_bytes())
    if content is not None:
        (tmp_path / MODEL.with_suffix(".yaml").name).write_text(content)
    with pytest.raises(ConfigError, match=r"image_check\.yaml: holds no thresholds"):
        ImageCheck(tmp_path / MODEL.name)
