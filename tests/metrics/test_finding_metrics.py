"""The engine metric: real MONAI evaluators, plain ignite engines, several ranks, and what must stop an epoch."""

import numpy as np
import pytest
import torch
from ignite.engine import Engine
from monai.bundle import ConfigParser
from monai.data import DataLoader, Dataset, MetaTensor
from monai.engines import SupervisedEvaluator

from lucency.errors import ConfigError, LabelError, LucencyError
from lucency.metrics import FindingMetrics, ranking_metrics
from references.ranks import evaluate_share, run_on_ranks

NAN = torch.nan
FINDINGS = ["edema", "mass", "hernia"]


def labelled(images=11, seed=0):
    """Inputs whose flattened pixels are the logits, labels with unknown ones, and a finding without a positive."""
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(images, 3, generator=generator)
    labels = torch.tensor([0.0, 1.0, NAN])[torch.randint(0, 3, (images, 3), generator=generator)]
    labels[:2, :2] = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    labels[:, 2] = 0
    return scores, labels


def evaluator(scores, labels, decollate=True, tensor=torch.Tensor, **settings):
    items = [{"image": tensor(score[None]), "label": label} for score, label in zip(scores, labels, strict=True)]
    parser = ConfigParser({"metric": {"_target_": "lucency.metrics.FindingMetrics", "findings": FINDINGS, **settings}})
    return SupervisedEvaluator(
        device=torch.device("cpu"),
        val_data_loader=DataLoader(Dataset(items), batch_size=4),
        network=torch.nn.Flatten(),
        decollate=decollate,
        key_val_metric={"val_macro_auroc": parser.get_parsed_content("metric")},
    )


@pytest.mark.parametrize("decollate", [True, False])
@pytest.mark.parametrize("tensor", [torch.Tensor, MetaTensor])
def test_monai_evaluator(decollate, tensor):
    scores, labels = labelled()
    engine = evaluator(scores, labels, decollate, tensor)
    for _ in range(2):  # a second epoch starts afresh
        engine.run()
        auroc, precision = ranking_metrics(scores.double(), labels.double())
        assert engine.state.metrics == {
            "val_macro_auroc": auroc.macro,
            "val_macro_average_precision": precision.macro,
        }
        assert all(type(value) is float for value in engine.state.metrics.values())
        details = engine.state.metric_details["val_macro_auroc"]
        assert list(details) == FINDINGS
        assert details["mass"] == {
            "auroc": auroc.values[1],
            "average_precision": precision.values[1],
            "n_positive": auroc.n_positive[1],
            "n_negative": auroc.n_negative[1],
        }
        assert details["hernia"] == {"auroc": None, "average_precision": None, "n_positive": 0, "n_negative": 11}
    assert engine.state.best_metric == auroc.macro
    assert engine.state.best_metric_epoch == 1


def test_settings_reach_the_engine_state():
    engine = evaluator(*labelled(), average_precision_name="precision")
    engine.run()
    assert set(engine.state.metrics) == {"val_macro_auroc", "precision"}


def test_plain_ignite_engine_with_its_own_output():
    scores, labels = labelled()
    engine = Engine(lambda engine, batch: batch)
    FindingMetrics(findings=FINDINGS, output_transform=lambda output: (output[1], output[0])).attach(engine, "macro")
    state = engine.run([(labels[:6], scores[:6]), (labels[6:], scores[6:])])
    auroc, _ = ranking_metrics(scores.double(), labels.double())
    assert state.metrics["macro"] == auroc.macro
    assert state.metric_details["macro"]["edema"]["auroc"] == auroc.values[0]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_scores_of_any_precision_keep_their_order(dtype):
    scores, labels = labelled()
    scores = (scores.round() + 1e-9 * scores.double()).to(dtype)  # apart in float64 alone
    metric = FindingMetrics(findings=FINDINGS)
    metric.update((scores, labels))
    assert metric.compute() == ranking_metrics(scores.double(), labels.double())[0].macro


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_an_output_that_is_overwritten_by_the_next_batch_is_kept(dtype):
    """Compiled networks write every batch into the same memory."""
    scores, labels = labelled()
    scores, labels = scores.to(dtype), labels.to(dtype)
    metric = FindingMetrics(findings=FINDINGS)
    output, label = torch.empty(1, 3, dtype=dtype), torch.empty(1, 3, dtype=dtype)
    for image in range(len(scores)):
        metric.update((output.copy_(scores[image]), label.copy_(labels[image])))
    assert metric.compute() == ranking_metrics(scores, labels)[0].macro


def test_an_epoch_without_any_defined_finding_stops_with_counts():
    scores, labels = labelled()
    engine = evaluator(scores, torch.where(labels == 1, NAN, labels))
    with pytest.raises(LucencyError, match=r"no finding has both .*'edema' 0\+ \d+-"):
        engine.run()
    assert engine.state.best_metric_epoch == -1


@pytest.mark.parametrize("bad", [NAN, torch.inf])
@pytest.mark.parametrize("decollate", [True, False])
def test_scores_that_are_not_finite_stop_the_epoch(decollate, bad):
    scores, labels = labelled()
    scores[5, 1] = bad
    with pytest.raises(LucencyError, match=f"score of finding 'mass' in row 5 is {bad}"):
        evaluator(scores, labels, decollate).run()


def test_a_raw_label_code_stops_the_epoch():
    scores, labels = labelled()
    labels[9, 0] = -1
    with pytest.raises(LabelError, match="target of finding 'edema' in row 9 is -1"):
        evaluator(scores, labels).run()


def test_tensors_that_do_not_fit_the_findings_are_refused():
    metric = FindingMetrics(findings=FINDINGS)
    with pytest.raises(LucencyError, match=r"scores \(2, 4\) and labels \(2, 4\) do not fit 3 findings"):
        metric.update((torch.zeros(2, 4), torch.zeros(2, 4)))
    with pytest.raises(LucencyError, match=r"labels \(3, 3\)"):
        metric.update((torch.zeros(2, 3), torch.zeros(3, 3)))


@pytest.mark.parametrize("findings", [[], ["edema", "edema"]])
def test_findings_must_be_named_once(findings):
    with pytest.raises(ConfigError, match="name every column once"):
        FindingMetrics(findings=findings)


def test_ranks_with_unequal_shares_agree_with_one_process(tmp_path):
    scores, labels = labelled(images=9)
    shares = [scores[:7], scores[7:]], [labels[:7], labels[7:]]
    expected_auroc, expected_precision = ranking_metrics(scores.double(), labels.double())
    for result in run_on_ranks(evaluate_share, tmp_path, FINDINGS, *shares):
        np.testing.assert_array_equal(result["auroc"], expected_auroc.values)
        np.testing.assert_array_equal(result["average_precision"], expected_precision.values)
        assert result["macro"] == expected_auroc.macro


def test_a_broken_score_on_one_rank_stops_all_and_an_empty_rank_is_no_harm(tmp_path):
    scores, labels = labelled(images=4)
    scores[3, 0] = NAN
    shares = [scores[:0], scores], [labels[:0], labels]
    for result in run_on_ranks(evaluate_share, tmp_path, FINDINGS, *shares):
        assert "score of finding 'edema' in row 3 is nan" in result["error"]
