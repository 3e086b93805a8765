from dataclasses import replace

import numpy as np
import pytest

from lucency.data.phantom import PhantomCase, draw, render, sample_case
from lucency.data.phantom.anatomy import LEFT, RIGHT
from lucency.data.phantom.nih_counts import FINDINGS
from lucency.data.phantom.scene import compose
from lucency.errors import ConfigError


def healthy(index: int, view: str = "PA") -> PhantomCase:
    return replace(sample_case(index, seed=0), view=view, severity={})


def test_same_index_gives_the_same_image() -> None:
    first, case = render(11, seed=3, size=96)
    again, same = render(11, seed=3, size=96)
    assert case == same
    assert (first == again).all()
    assert (first != render(12, seed=3, size=96)[0]).any()


@pytest.mark.parametrize("size", [32, 97, 160])
def test_images_fill_the_display_range_exactly(size: int) -> None:
    for index in range(4):
        image, _ = render(index, seed=0, size=size)
        assert image.shape == (size, size)
        assert image.dtype == np.float32
        assert (image.min(), image.max()) == (0, 1)


def test_thickness_stays_in_single_precision() -> None:
    scene = compose(replace(sample_case(0, 0), severity=dict.fromkeys(FINDINGS, 0.8)), 64)
    assert {scene.water.dtype, scene.bone.dtype, scene.chest.lung.dtype} == {np.dtype(np.float32)}


def test_anatomy_does_not_depend_on_the_image_size() -> None:
    small, large = compose(healthy(5), 64).water, compose(healthy(5), 256).water
    shrunk = large.reshape(64, 4, 64, 4).mean((1, 3))
    assert np.corrcoef(small.ravel(), shrunk.ravel())[0, 1] > 0.99


def test_too_small_a_size_is_refused() -> None:
    with pytest.raises(ConfigError, match="size 16 is too small"):
        draw(healthy(0), 16)


def test_the_heart_points_to_the_right_of_the_image() -> None:
    for index in range(6):
        chest = compose(healthy(index), 96).chest
        assert (chest.heart * (chest.x > 0)).sum() > 1.5 * (chest.heart * (chest.x < 0)).sum()
        columns = chest.grid.pixels(np.array([8.0]), np.array([15.0]))[1]
        assert columns[0] > 48


def test_lungs_are_dark_and_bones_and_heart_are_bright() -> None:
    for index in range(6):
        image, chest = draw(healthy(index), 128), compose(healthy(index), 128).chest
        lung = np.median(image[chest.lung > 0.6 * chest.depth])
        heart = np.median(image[chest.heart > 0.7 * chest.anatomy.depth])
        belly = np.median(image[(chest.y > chest.dome + 3) & (chest.u < 0.7)])
        assert lung + 0.2 < heart <= belly + 0.1


def test_the_stomach_bubble_lies_under_the_left_dome() -> None:
    bubbles = 0
    for index in range(8):
        case = healthy(index)
        chest = compose(case, 96).chest
        if chest.anatomy.gas < 2:
            continue
        bubbles += 1
        water = compose(case, 96).water
        y = chest.y - chest.dome
        under = (y > 1) & (y < 3) & (abs(abs(chest.x) - 0.42 * chest.anatomy.half_width) < 1.5)
        assert water[under & (chest.x > 0)].mean() + 0.5 < water[under & (chest.x < 0)].mean()
    assert bubbles


def test_the_right_dome_is_usually_the_higher_one() -> None:
    domes = np.array([compose(healthy(index), 32).chest.anatomy.dome for index in range(20)])
    assert (domes[:, RIGHT] < domes[:, LEFT]).mean() > 0.8


def test_the_marker_names_the_side_it_stands_on() -> None:
    letters = set()
    for index in range(6):
        image = draw(healthy(index), 512)
        rows, columns = np.nonzero(image > 0.975)
        assert rows.max() < 256
        box = image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] > 0.975
        third = len(box) // 3
        letter = "L" if box[-third:].sum() > 1.3 * box[:third].sum() else "R"
        assert letter == ("L" if columns.mean() > 256 else "R")
        letters.add(letter)
    assert letters == {"L", "R"}


def test_follow_ups_share_their_anatomy() -> None:
    cases = [sample_case(index, 0) for index in range(20)]
    first, second = next(
        (a, b) for a in cases for b in cases if (a.patient, a.follow_up + 1) == (b.patient, b.follow_up)
    )
    widths = [compose(replace(case, severity={}), 32).chest.anatomy.half_width for case in (first, second)]
    assert widths[0] == widths[1]
    assert (draw(first, 64) != draw(second, 64)).any()
