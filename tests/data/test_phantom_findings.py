"""Counterfactuals: one healthy body drawn with and without a finding."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from lucency.data.phantom import PhantomCase, draw, sample_case
from lucency.data.phantom.anatomy import LEFT, RIGHT
from lucency.data.phantom.chest import Chest
from lucency.data.phantom.findings import SIGNS
from lucency.data.phantom.findings.nodule import Nodule
from lucency.data.phantom.nih_counts import FINDINGS
from lucency.data.phantom.scene import Scene, compose, pose_of, signs_of

Mask = NDArray[np.bool_]
SIZE = 96
FOCAL = ("consolidation", "infiltration", "mass", "nodule", "pleural_thickening", "pneumonia")
BODIES = (0, 17, 40)


def body(index: int, **severity: float) -> PhantomCase:
    return replace(sample_case(index, seed=0), view="PA", severity=severity)


@lru_cache
def healthy(index: int, size: int = SIZE) -> Scene:
    """Nobody changes the maps of this scene, so that tests may share it."""
    return compose(body(index), size)


def change(index: int, size: int = SIZE, **severity: float) -> tuple[NDArray[np.float32], Scene, Mask]:
    """Water that the findings add, the scene without them, and the lungs that should be affected."""
    before, after = healthy(index, size), compose(body(index, **severity), size)
    sides: set[int] = set()
    for sign in signs_of(body(index, **severity)).values():
        sides |= set(sign.affected)
    mask = np.zeros((size, size), dtype=bool)
    for side in sides:
        mask |= before.chest.side(side) > 0
    return after.water - before.water, before, mask


def lung(chest: Chest) -> Mask:
    return chest.lung > 1


def test_every_finding_has_a_sign_in_the_published_order() -> None:
    assert tuple(SIGNS) == FINDINGS


@pytest.mark.parametrize("name", FINDINGS)
@pytest.mark.parametrize("index", BODIES)
def test_a_sign_grows_with_severity_and_shows_on_the_image(name: str, index: int) -> None:
    sizes = [np.abs(change(index, **{name: severity})[0]).sum() for severity in (0.1, 0.5, 1.0)]
    assert 0 < sizes[0] < sizes[1] < sizes[2]
    difference = np.abs(draw(body(index, **{name: 1.0}), SIZE) - draw(body(index), SIZE))
    assert np.quantile(difference, 0.999) > 0.05


@pytest.mark.parametrize("name", FOCAL)
@pytest.mark.parametrize("index", BODIES)
def test_focal_opacities_add_density_in_their_own_lung_only(name: str, index: int) -> None:
    added, before, affected = change(index, **{name: 0.8})
    assert added[affected & lung(before.chest)].max() > 0.5
    assert np.abs(added[~affected]).max(initial=0) == 0
    assert added.sum() > 0


@pytest.mark.parametrize("index", BODIES)
def test_cardiomegaly_widens_the_heart(index: int) -> None:
    def ratio(severity: float) -> float:
        chest = compose(body(index, **({"cardiomegaly": severity} if severity else {})), SIZE).chest
        columns = np.nonzero((chest.heart > 0.5).any(axis=0))[0]
        return float(np.ptp(columns)) * chest.grid.pixel / (2 * chest.anatomy.half_width)

    assert ratio(0) < ratio(0.3) < ratio(1.0)
    assert ratio(0) < 0.53
    assert ratio(1.0) > 0.55


@pytest.mark.parametrize("index", BODIES)
def test_effusion_fills_the_costophrenic_angle_from_below(index: int) -> None:
    mild, before, affected = change(index, effusion=0.2)
    chest = before.chest
    angle = affected & lung(chest) & (chest.v > 0.95) & (chest.u > 0.75)
    upper = lung(chest) & (chest.v < 0.5)
    assert mild[angle].mean() > 0.5
    assert np.abs(mild[upper]).max() < 0.05
    gross = change(index, effusion=1.0)[0]
    assert (gross > 1).sum() > 3 * (mild > 1).sum()


@pytest.mark.parametrize("index", BODIES)
def test_pneumothorax_is_lucent_at_the_apex_and_has_no_vessels_there(index: int) -> None:
    added, before, affected = change(index, pneumothorax=0.6)
    chest = before.chest
    gap = affected & (chest.cavity > 4) & (chest.wall_distance < 1.5) & (chest.v < 0.4)
    assert np.median(added[gap]) < -0.3
    after = compose(body(index, pneumothorax=0.6), SIZE).chest
    assert np.median(after.vascular[gap]) == 0
    assert np.abs(added[~affected]).max(initial=0) == 0


@pytest.mark.parametrize("index", BODIES)
def test_emphysema_lowers_and_flattens_the_domes_and_clears_the_lungs(index: int) -> None:
    added, before, _ = change(index, emphysema=0.8)
    after = compose(body(index, emphysema=0.8), SIZE).chest.anatomy
    for side in (RIGHT, LEFT):
        assert after.dome[side] > before.chest.anatomy.dome[side] + 1.5
        assert after.dome_rise[side] < 0.7 * before.chest.anatomy.dome_rise[side]
    assert after.lung_density < 0.85 * before.chest.anatomy.lung_density
    above_dome = (before.chest.y > before.chest.dome + 0.5) & (before.chest.y < before.chest.dome + 1.5)
    assert added[above_dome & (before.chest.u > 0.3) & (before.chest.u < 0.8)].mean() < -1


@pytest.mark.parametrize("index", BODIES)
def test_atelectasis_and_fibrosis_lose_volume(index: int) -> None:
    for name in ("atelectasis", "fibrosis"):
        affected = signs_of(body(index, **{name: 0.9}))[name].affected
        before = healthy(index).chest.anatomy
        after = compose(body(index, **{name: 0.9}), SIZE).chest.anatomy
        assert any(after.dome[side] < before.dome[side] - 0.5 for side in affected)


@pytest.mark.parametrize("index", BODIES)
def test_edema_is_bilateral_and_strongest_at_the_hila(index: int) -> None:
    added, before, _ = change(index, edema=0.9)
    chest = before.chest
    for side in (RIGHT, LEFT):
        x, y = chest.anatomy.hilum[side]
        distance = np.hypot(chest.x - 1.3 * x, chest.y - y - 1.5)
        own = lung(chest) & (chest.side(side) > 0)
        assert added[own & (distance < 4)].mean() > 3 * max(added[own & (chest.v < 0.15)].mean(), 0.02)


@pytest.mark.parametrize("index", BODIES)
def test_fibrosis_is_reticular(index: int) -> None:
    """Neighbouring pixels differ far more than under a haze of the same mean density."""

    def roughness(name: str) -> float:
        added, before, _ = change(index, size=192, **{name: 0.9})
        chest = before.chest
        apical = getattr(signs_of(body(index, **{name: 0.9}))[name], "apical", False)
        zone = (chest.lung > 3) & ((chest.v < 0.35) if apical else (chest.v > 0.55) & (chest.v < 0.8))
        steps = np.abs(np.diff(added, axis=1))[zone[:, 1:] & zone[:, :-1]]
        return float(steps.mean() / np.abs(added[zone]).mean())

    assert roughness("fibrosis") > 1.5 * roughness("infiltration")


@pytest.mark.parametrize("index", range(25, 33))
def test_masses_are_single_and_larger_than_three_centimetres(index: int) -> None:
    for severity, least, most in ((0.1, 2.6, 5.0), (1.0, 5.5, 9.0)):
        added, before, _ = change(index, mass=severity)
        patches, count = ndimage.label(added > 0.1)
        area = (patches > 0).sum() * before.chest.grid.pixel**2
        assert count == 1
        assert least < 2 * np.sqrt(area / np.pi) < most


@pytest.mark.parametrize("index", range(25, 33))
def test_nodules_are_smaller_than_three_centimetres(index: int) -> None:
    added, before, _ = change(index, nodule=1.0)
    patches, count = ndimage.label(added > 0.1)
    areas = ndimage.sum_labels(added > 0.1, patches, range(1, count + 1)) * before.chest.grid.pixel**2
    sign = signs_of(body(index, nodule=1.0))["nodule"]
    assert isinstance(sign, Nodule)
    assert 1 <= count <= sign.count * len(sign.affected)
    assert np.median(2 * np.sqrt(areas / np.pi)) < 3.3  # with half a pixel of blur all round


def test_lying_patients_have_no_fluid_level() -> None:
    upright, lying = (SIGNS["effusion"](0.6, np.random.default_rng(0), upright=up) for up in (True, False))
    scene = healthy(0)
    shares = []
    for sign in (upright, lying):
        chest = compose(body(0), SIZE).chest
        sign.paint(chest)
        shares.append(chest.aerated)
    side = scene.chest.side(upright.affected[0]) > 0
    middle = side & lung(scene.chest) & (scene.chest.v > 0.3) & (scene.chest.v < 0.45)
    assert shares[0][middle].min() == 1
    assert shares[1][middle].mean() < 0.99


@pytest.mark.parametrize("names", [("effusion", "cardiomegaly"), ("pneumothorax", "emphysema"), FINDINGS])
def test_findings_combine(names: tuple[str, ...]) -> None:
    image = draw(body(0, **dict.fromkeys(names, 0.7)), SIZE)
    assert np.isfinite(image).all()
    assert (image.min(), image.max()) == (0, 1)


def test_pose_is_the_same_with_and_without_findings() -> None:
    assert pose_of(body(3)) == pose_of(body(3, mass=1.0))
