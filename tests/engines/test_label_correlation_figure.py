"""The picture of global correlations beside co-occurrence."""

from itertools import pairwise

import numpy as np
import pytest

from lucency.engines.label_correlation_figure import correlation_figure


def test_both_halves_of_the_picture_have_one_scale_and_names():
    G, P = np.array([[0.9, 0.1], [0.3, 0.7]]), np.array([[0.5, 0.5], [np.nan, 1.0]])
    left, right, bar = correlation_figure(G, P, ["pleural_thickening", "mass"]).axes
    shown = [axis.images[0].get_array() for axis in (left, right)]
    np.testing.assert_array_equal(shown[0].filled(np.nan), [[np.nan, 0.1], [0.3, np.nan]])
    np.testing.assert_array_equal(shown[1].filled(np.nan), [[np.nan, 0.5], [np.nan, np.nan]])
    assert {axis.images[0].get_clim() for axis in (left, right)} == {(0.0, 0.5)}
    assert bar.get_ylim() == (0.0, 0.5)
    for labels in (left.get_xticklabels(), left.get_yticklabels(), right.get_xticklabels()):
        assert [label.get_text() for label in labels] == ["pleural thickening", "mass"]


@pytest.mark.parametrize(("count", "named"), [(14, True), (60, True), (61, False), (500, False)])
def test_names_do_not_overlap_and_are_left_out_where_they_would(count, named):
    figure = correlation_figure(
        np.full((count, count), 1 / count), np.eye(count), [f"finding_{i}" for i in range(count)]
    )
    figure.draw_without_rendering()
    labels = figure.axes[0].get_yticklabels()
    assert bool(labels) == named
    boxes = sorted((box.y0, box.y1) for box in (label.get_window_extent() for label in labels))
    assert all(upper[0] > lower[1] - 2 for lower, upper in pairwise(boxes))
    assert all(label.get_window_extent().x0 >= 0 for label in labels)
    assert max(figure.get_size_inches()) < 25
