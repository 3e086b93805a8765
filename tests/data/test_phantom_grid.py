import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lucency.data.phantom.grid import Grid
from lucency.data.phantom.shapes import Profile, capsule_squared, chord, outline_squared, ramp
from references.point_spread import reference_deposit

GRID = Grid(size=80, field=40.0, centre=(0.5, 12.0), tilt=0.06)


def test_coordinates_grow_to_the_right_and_downwards_by_one_pixel() -> None:
    x, y = Grid(size=80, field=40.0, centre=(0.0, 0.0), tilt=0.0).coordinates()
    assert np.allclose(np.diff(x, axis=1), 0.5)
    assert np.allclose(np.diff(y, axis=0), 0.5)


@settings(deadline=None)
@given(row=st.integers(0, 79), column=st.integers(0, 79))
def test_pixels_inverts_coordinates(row: int, column: int) -> None:
    x, y = GRID.coordinates()
    back = GRID.pixels(x[row, column : column + 1], y[row, column : column + 1])
    assert np.allclose(np.ravel(back), (row, column), atol=1e-4)


@settings(deadline=None)
@given(x=st.floats(-15, 15), y=st.floats(-3, 25), reach=st.floats(0.1, 5))
def test_a_box_holds_all_that_is_near(x: float, y: float, reach: float) -> None:
    grid_x, grid_y = GRID.coordinates()
    near = (abs(grid_x - x) <= reach) & (abs(grid_y - y) <= reach)
    boxed = np.zeros_like(near)
    boxed[GRID.around(x, y, reach)] = True
    assert (near <= boxed).all()


@pytest.mark.parametrize("blur", [0.0, 0.08, 0.6, 2.0])
def test_deposit_is_that_of_the_slow_reference(blur: float) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.uniform(-30, 5, 300).astype(np.float32), rng.uniform(0, 40, 300).astype(np.float32)
    found = GRID.deposit(x, y, 0.7, blur)
    expected = reference_deposit(80, GRID.pixel, *GRID.pixels(x, y), 0.7, blur)
    assert np.abs(found - expected).max() < 1e-5 * expected.max()


def test_points_outside_leave_nothing() -> None:
    assert not GRID.deposit(np.float32([99.0]), np.float32([0.0]), 1.0).any()


def test_shapes_are_one_inside_and_nothing_outside() -> None:
    x, y = np.meshgrid(np.linspace(-3, 3, 61, dtype=np.float32), np.linspace(-3, 3, 61, dtype=np.float32))
    distance = np.hypot(x, y)
    assert np.allclose(outline_squared(x, y, [2.0] * 6), (distance / 2) ** 2, atol=1e-5)
    assert np.allclose(
        capsule_squared(x, y, (-1, 0), (1, 0), 2.0)[30], (np.maximum(abs(x[30]) - 1, 0) / 2) ** 2, atol=1e-5
    )
    assert (chord(outline_squared(x, y, [2.0] * 6))[distance > 2.01] == 0).all()
    step = ramp(x[30], 1.0)
    assert (np.diff(step) >= 0).all()
    assert (step[x[30] < -0.51].max(), step[x[30] > 0.51].min()) == (0, 1)


def test_profiles_pass_through_their_points_and_are_flat_beyond() -> None:
    points = [(0.0, 1.0), (2.0, 4.0), (5.0, 3.0)]
    profile = Profile(points)
    at = np.array([x for x, _ in points] + [-9.0, 99.0], dtype=np.float32)
    assert np.allclose(profile(at), [1, 4, 3, 1, 3], atol=0.01)
    assert profile.at(2.0) == pytest.approx(4, abs=0.01)
