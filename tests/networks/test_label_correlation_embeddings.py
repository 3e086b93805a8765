"""How label embeddings begin: drawn, or given in any width."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from lucency.networks import LabelCorrelationHead
from lucency.networks.label_correlation_embeddings import initial_embeddings


def vectors(findings=4, width=12, seed=2):
    return torch.randn(findings, width, generator=torch.Generator().manual_seed(seed))


def angles(embeddings):
    return F.normalize(embeddings) @ F.normalize(embeddings).T


def test_normal_ones_have_the_spread_of_the_sheet():
    torch.manual_seed(0)
    drawn = initial_embeddings("normal", 500, 256)
    assert drawn.shape == (500, 256)
    assert drawn.std().item() == pytest.approx(0.02, rel=0.02)
    assert drawn.mean().abs() < 0.001


@pytest.mark.parametrize("dim", [4, 5, 11, 12, 64])
def test_given_ones_keep_their_angles_in_any_width(dim):
    found = initial_embeddings(10 * vectors(), 4, dim)
    assert found.shape == (4, dim)
    torch.testing.assert_close(found @ found.T, angles(vectors()))  # length 1 besides


def test_ones_of_the_right_width_are_taken_as_they_are():
    torch.testing.assert_close(initial_embeddings(vectors(), 4, 12), F.normalize(vectors()))


def test_ones_that_span_too_much_keep_what_varies_most():
    given = torch.cat([vectors(40, 3), 0.01 * vectors(40, 9, seed=3)], dim=1)
    found = initial_embeddings(given, 40, 3)
    torch.testing.assert_close(found @ found.T, angles(given), atol=0.05, rtol=0)
    assert not torch.allclose(found @ found.T, angles(given), atol=1e-5)


def test_they_come_as_lists_arrays_or_a_file_and_are_a_copy(tmp_path):
    given = vectors()
    np.save(tmp_path / "text.npy", given.numpy())

    def embeddings(source):
        torch.manual_seed(0)
        return LabelCorrelationHead(6, 4, dim=8, embeddings=source).E.detach()

    expected = embeddings(given)
    for source in (given.tolist(), given.numpy(), tmp_path / "text.npy", str(tmp_path / "text.npy")):
        assert torch.equal(embeddings(source), expected)
    same_width = LabelCorrelationHead(6, 4, dim=12, embeddings=given)
    given.zero_()
    assert same_width.E.detach().all()
