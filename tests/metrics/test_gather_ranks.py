"""Scores and labels of ranks with unequal shares arrive whole, in order, and in few bytes."""

import torch

from lucency.metrics.gather_ranks import gather_ranks
from references.gathering import gather_shares
from references.ranks import run_on_ranks

FINDINGS = 3
COUNTS_AND_WIDTH = 16  # two whole numbers of eight bytes


def cells(rows, dtype=torch.float32):
    generator = torch.Generator().manual_seed(rows)
    scores = torch.randn(rows, FINDINGS, generator=generator, dtype=dtype)
    return scores, torch.tensor([0.0, 1.0, torch.nan])[torch.randint(0, 3, (rows, FINDINGS), generator=generator)]


def joined(shares):
    return [torch.cat([share[part].double() for share in shares]) for part in range(2)]


def test_unequal_shares(tmp_path):
    wrong_label = cells(9)
    wrong_label[1][8, 1] = 0.3
    five_bytes = [cells(7), cells(4)], [cells(0), cells(5)], [cells(1), cells(0)], [cells(1), cells(2, torch.float16)]
    sixteen = [cells(2), cells(9, torch.float64)], [wrong_label, cells(0)]
    nothing = [cells(0), cells(0)]
    cases = [*five_bytes, nothing, *sixteen]
    for results in run_on_ranks(gather_shares, tmp_path, cases):
        for number, (shares, result) in enumerate(zip(cases, results, strict=True)):
            for given, gathered in zip(joined(shares), (result["scores"], result["targets"]), strict=True):
                torch.testing.assert_close(gathered.double(), given, rtol=0, atol=0, equal_nan=True)
            most = max(len(scores) for scores, _ in shares)
            assert result["sent"] == [COUNTS_AND_WIDTH, most * FINDINGS * (5 if number < len(cases) - 2 else 16)]


def test_one_process_keeps_its_own():
    scores, targets = cells(5)
    for given, kept in zip((scores, targets), gather_ranks(scores, targets), strict=True):
        assert kept is given
