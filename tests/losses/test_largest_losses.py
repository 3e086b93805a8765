"""Exactly so many unknown labels are chosen, those with the largest logits."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lucency.errors import ConfigError, LucencyError
from lucency.losses.largest_losses import LargestLosses
from references.losses.large_loss import largest


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_choice_equals_the_reference(data):
    images, findings = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 5))
    cells = images * findings
    order = data.draw(st.permutations(range(cells)))
    logits = torch.tensor(order, dtype=torch.float64).view(images, findings) / cells - 0.4
    unknown = torch.tensor(data.draw(st.lists(st.booleans(), min_size=cells, max_size=cells))).view(images, findings)
    percent = st.sampled_from([0.0, 0.1, 3.0, 7.0, 33.3, 100.0])
    rates = data.draw(st.one_of(percent, st.lists(percent, min_size=findings, max_size=findings)))
    per_class, times = data.draw(st.booleans()), data.draw(st.integers(0, 4))
    chosen = LargestLosses("MyLoss", rates, per_class)(logits, unknown, times)
    places = [tuple(place) for place in unknown.nonzero().tolist()]
    assert {tuple(place) for place in chosen.nonzero().tolist()} == largest(
        logits.tolist(), places, times, rates, per_class
    )


@pytest.mark.parametrize("unknown_cells", [0, 2, 30])
def test_as_many_as_asked_for_or_all_unknown_ones(unknown_cells):
    logits = torch.zeros(10, 6)  # all tie
    unknown = torch.zeros(60, dtype=torch.bool)
    unknown[:unknown_cells] = True
    chosen = LargestLosses("MyLoss", 20, False)(logits, unknown.view(10, 6), times=1)
    assert chosen.sum() == min(12, unknown_cells)
    assert not (chosen & ~unknown.view(10, 6)).any()


def test_logits_of_saturated_labels_do_not_tie():
    logits = torch.tensor([[-200.0, -199.0, -201.0]])  # softplus is 0 for all three
    chosen = LargestLosses("MyLoss", 30, False)(logits, torch.ones(1, 3, dtype=torch.bool), times=1)
    assert chosen.tolist() == [[False, True, False]]


def test_rounding_asks_for_no_label_too_many():
    logits = torch.randn(100, 10, generator=torch.Generator().manual_seed(0))
    assert 1000 * 3 * 1.1 / 100 > 33  # 33.00000000000001
    chosen = LargestLosses("MyLoss", 1.1, False)(logits, torch.ones(100, 10, dtype=torch.bool), times=3)
    assert chosen.sum() == 33


@pytest.mark.parametrize("rate", [-1, 101, torch.nan, "1", None, True, [1.0, -2.0], [True], ["1"]])
def test_percentages_are_checked(rate):
    with pytest.raises(ConfigError, match=r"MyLoss: delta_rel is .* from 0 to 100"):
        LargestLosses("MyLoss", rate, False)


@pytest.mark.parametrize("rates", [[], [1.0], [1.0, 2.0], [1.0] * 4])
def test_a_list_must_have_one_number_a_finding(rates):
    with pytest.raises(LucencyError, match=f"delta_rel has {len(rates)} numbers for 3 findings; give one a finding"):
        LargestLosses("MyLoss", rates, False)(torch.zeros(1, 3), torch.ones(1, 3, dtype=torch.bool), times=1)
