"""Bilinear pooling against loops, and what its descriptor must keep."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lucency.networks.bilinear_pooling import EPSILON, bilinear_descriptor, bilinear_pool
from references.bilinear import descriptor, pooled

sizes = st.integers(1, 4)


def maps(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@settings(max_examples=50, deadline=None)
@given(sizes, sizes, sizes, sizes, sizes, st.floats(1e-4, 1e4))
def test_it_is_the_mean_of_outer_products(images, rows, columns, height, width, scale):
    first, second = scale * maps(images, rows, height, width), maps(images, columns, height, width, seed=1)
    expected = [pooled(a.flatten(1).tolist(), b.flatten(1).tolist()) for a, b in zip(first, second, strict=True)]
    found = bilinear_pool(first, second)
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))
    torch.testing.assert_close(
        bilinear_descriptor(found), torch.tensor([descriptor(table) for table in expected], dtype=torch.float64)
    )


def test_descriptors_have_length_one():
    lengths = bilinear_descriptor(bilinear_pool(maps(5, 6, 7, 7), maps(5, 4, 7, 7, seed=1))).norm(dim=1)
    torch.testing.assert_close(lengths, torch.ones_like(lengths))


def test_a_map_with_itself_is_symmetric_and_positive_semi_definite():
    features = maps(3, 5, 2, 2)  # fewer positions than channels: some eigenvalues are zero
    table = bilinear_pool(features, features)
    torch.testing.assert_close(table, table.mT)
    assert torch.linalg.eigvalsh(table).min() > -1e-12
    assert not torch.allclose(bilinear_pool(features, maps(3, 5, 2, 2, seed=1)).mT, table)


def test_positions_may_be_shuffled_but_only_together():
    first, second = maps(2, 3, 4, 5), maps(2, 4, 4, 5, seed=1)
    order = torch.randperm(20, generator=torch.Generator().manual_seed(0))

    def shuffled(features):
        return features.flatten(2)[:, :, order].view_as(features)

    table = bilinear_pool(first, second)
    torch.testing.assert_close(bilinear_pool(shuffled(first), shuffled(second)), table)
    assert not torch.allclose(bilinear_pool(shuffled(first), second), table)


def test_zero_maps_have_a_descriptor_and_a_gradient():
    zeros = torch.zeros(2, 3, 4, 4, requires_grad=True)
    table = bilinear_pool(zeros, zeros)
    table.retain_grad()
    answer = bilinear_descriptor(table)
    answer.sum().backward()
    assert torch.equal(answer, torch.zeros(2, 9))
    assert torch.isfinite(zeros.grad).all()
    torch.testing.assert_close(table.grad, torch.full_like(table, EPSILON**-0.5 / EPSILON))  # finite, and not dead


def test_gradients_are_right_on_both_sides_of_zero():
    table = torch.tensor([[[0.5, -0.5, 1e-7], [-1e-7, 0.0, 2.0]]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(bilinear_descriptor, table, eps=1e-9, atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_lower_precision_is_cast_before_the_product(dtype):
    first, second = maps(2, 3, 7, 7).to(dtype), maps(2, 4, 7, 7, seed=1).to(dtype)
    found = bilinear_pool(first, second)
    assert found.dtype == torch.float32
    assert torch.equal(found, bilinear_pool(first.float(), second.float()))
