"""CSL: its modes, what it leaves out, and its detached focusing."""

import pytest
import torch

from lucency.errors import ConfigError
from lucency.losses import AssumeNegativeLoss, MaskedBCELoss, PartialAsymmetricLoss
from references.ranks import ddp_gradients, linear_model, run_on_ranks

NAN = torch.nan
PLAIN = {"gamma_pos": 0, "gamma_neg": 0, "gamma_unknown": 0}


def batch(images=10, findings=6, seed=0):
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(images, findings, generator=generator, dtype=torch.float64)
    codes = torch.randint(0, 5, (images, findings), generator=generator)
    return logits, torch.tensor([1.0, 0.0, 0.3, NAN, NAN], dtype=torch.float64)[codes]


def terms_and_slopes(loss, logits, targets):
    logits = logits.clone().requires_grad_()
    terms, weight = loss.terms(logits, targets)
    return (terms * weight).detach(), torch.autograd.grad((terms * weight).sum(), logits)[0]


def test_negative_without_focus_is_assume_negative():
    loss, other = PartialAsymmetricLoss(mode="negative", **PLAIN), AssumeNegativeLoss()
    torch.testing.assert_close(terms_and_slopes(loss, *batch()), terms_and_slopes(other, *batch()))


def test_ignore_without_focus_is_the_masked_cross_entropy():
    loss, other = PartialAsymmetricLoss(mode="ignore", **PLAIN), MaskedBCELoss(reduction="sum")
    torch.testing.assert_close(loss(*batch()), other(*batch()))
    torch.testing.assert_close(terms_and_slopes(loss, *batch()), terms_and_slopes(other, *batch()))


def test_ignored_labels_have_no_influence_and_others_do():
    logits, targets = batch()
    noisy = torch.where(torch.isnan(targets), 1e4, logits)
    for mode, same in [("ignore", True), ("negative", False)]:
        loss = PartialAsymmetricLoss(mode=mode)
        assert (loss(logits, targets) == loss(noisy, targets)).item() == same


def test_selection_without_focus_drops_the_largest_losses():
    logits, targets = batch()
    terms = AssumeNegativeLoss().terms(logits, targets)[0]
    unknown = terms[torch.isnan(targets)].sort(descending=True).values
    loss = PartialAsymmetricLoss(likelihood_topk=2, **PLAIN)
    torch.testing.assert_close(loss(logits, targets), terms.sum() - unknown[: 2 * len(logits)].sum())


@pytest.mark.parametrize("topk", [0, 1, 2, 5, 1000])
def test_as_many_unknown_labels_are_left_out_as_asked_for(topk):
    logits, targets = batch()
    unknown = torch.isnan(targets)
    _, weight = PartialAsymmetricLoss(likelihood_topk=topk).terms(logits, targets)
    assert (weight[~unknown] == 1).all()
    assert (weight[unknown] == 0).sum() == min(topk * len(logits), int(unknown.sum()))
    kept, dropped = logits[unknown & (weight == 1)], logits[unknown & (weight == 0)]
    assert len(kept) == 0 or len(dropped) == 0 or kept.max() <= dropped.min()


def test_equal_logits_are_left_out_to_the_number():
    _, weight = PartialAsymmetricLoss(likelihood_topk=1).terms(torch.zeros(4, 3), torch.full((4, 3), NAN))
    assert weight.sum() == 4 * 3 - 4


def test_unknown_labels_of_common_findings_are_left_out():
    logits, targets = batch()
    priors = [0.0, 0.5, 0.51, 0.7, 0.2, 1.0]
    loss = PartialAsymmetricLoss(likelihood_topk=0, class_priors=priors, prior_threshold=0.5)
    _, weight = loss.terms(logits, targets)
    for finding, prior in enumerate(priors):
        unknown = torch.isnan(targets[:, finding])
        assert (weight[unknown, finding] == (0.0 if prior > 0.5 else 1.0)).all()
        assert (weight[~unknown, finding] == 1).all()


def test_no_gradient_flows_through_the_focusing():
    logits, _ = batch()
    p = torch.sigmoid(logits)
    loss = PartialAsymmetricLoss(mode="negative", gamma_pos=0.5, gamma_neg=1, gamma_unknown=4)
    for state, expected in [(1.0, -((1 - p) ** 1.5)), (0.0, p**2), (NAN, p**5)]:
        grad = terms_and_slopes(loss, logits, torch.full_like(logits, state))[1]
        torch.testing.assert_close(grad, expected)


@pytest.mark.slow
def test_two_ranks_leave_out_what_one_process_leaves_out(tmp_path):
    images = torch.randn(8, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    images[4:] *= 5  # the second rank has the likelier labels
    targets = batch(images=8)[1]
    loss = PartialAsymmetricLoss(likelihood_topk=1, class_priors=[0.0] * 5 + [1.0], reduction="mean_all")
    shares = list(images.split(4)), list(targets.split(4))
    gradients = [result["csl"] for result in run_on_ranks(ddp_gradients, tmp_path, {"csl": loss}, *shares)]

    def gradient(*parts):
        model = linear_model(5, 6)
        sum(loss(model(part), known) for part, known in parts).backward()
        return model.weight.grad / len(parts)

    assert torch.equal(*gradients)
    torch.testing.assert_close(gradients[0], gradient((images, targets)))
    assert not torch.allclose(gradients[0], gradient(*zip(*shares, strict=True)))  # control: each rank by itself


@pytest.mark.parametrize("wrong", [{"gamma_pos": -1}, {"gamma_neg": -1}, {"gamma_unknown": -1}, {"prior_threshold": 2}])
def test_numbers_outside_their_range_are_refused(wrong):
    with pytest.raises(ConfigError, match=f"PartialAsymmetricLoss: {next(iter(wrong))} is "):
        PartialAsymmetricLoss(**wrong)


def test_modes_counts_and_priors_are_checked():
    with pytest.raises(ConfigError, match="mode is 'ignored'; choose one of selective, negative, ignore"):
        PartialAsymmetricLoss(mode="ignored")
    with pytest.raises(ConfigError, match=r"likelihood_topk is 1\.5; give a whole number"):
        PartialAsymmetricLoss(likelihood_topk=1.5)
    with pytest.raises(ConfigError, match=r"class_priors is 1\.2"):
        PartialAsymmetricLoss(class_priors=[0.5, 1.2])
    with pytest.raises(ConfigError, match="class_priors has 2 numbers for 6 findings; give one a finding"):
        PartialAsymmetricLoss(class_priors=[0.5, 0.2])(*batch())


def test_a_prior_at_the_threshold_is_not_above_it_in_any_precision():
    logits, targets = batch(findings=1)
    loss = PartialAsymmetricLoss(likelihood_topk=0, class_priors=[0.05])
    for cast in (loss.float(), loss.double()):
        assert (cast.terms(logits, targets)[1] == 1).all()


def test_priors_are_a_setting_and_not_state():
    assert PartialAsymmetricLoss(class_priors=[0.5]).state_dict() == {}
