"""When a "No finding" output is positive, negative and unknown."""

import pytest
import torch

from lucency.losses.no_finding import derive_no_finding

NAN = torch.nan


def derive(row, unknown="ignore"):
    targets = torch.tensor([row])
    known = ~torch.isnan(targets)
    before = targets.clone()
    filled, seen = derive_no_finding("MyLoss", 1, torch.nan_to_num(targets, nan=0.0), known, unknown)
    assert torch.equal(targets.isnan(), before.isnan())
    assert (filled[~seen] == 0).all()  # the contract of targets
    assert torch.equal(filled[:, [0, 2]], torch.nan_to_num(targets, nan=0.0)[:, [0, 2]])
    return filled[0, 1].item() if seen[0, 1] else None


@pytest.mark.parametrize(
    ("others", "expected", "if_negative"),
    [
        ((0.0, 0.0), 1.0, 1.0),
        ((1.0, 0.0), 0.0, 0.0),
        ((1.0, NAN), 0.0, 0.0),
        ((0.0, NAN), None, 1.0),
        ((NAN, NAN), None, 1.0),
        ((0.25, 0.5), 0.375, 0.375),
        ((0.25, NAN), None, 0.75),
    ],
)
def test_it_follows_from_the_others_and_a_label_of_its_own_stays(others, expected, if_negative):
    assert derive([others[0], NAN, others[1]]) == expected
    assert derive([others[0], NAN, others[1]], unknown="negative") == if_negative
    for own in (0.0, 1.0):
        assert derive([others[0], own, others[1]]) == own
