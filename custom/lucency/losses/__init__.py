"""Losses for labels that are partly unknown; see docs/reference/losses.md. One line exports one loss."""

# what losses are made of
from .base import Loss as Loss
from .cell_loss import CellLoss as CellLoss
from .cooccurrence_anchor import CooccurrenceAnchor as CooccurrenceAnchor
from .cooccurrence_table import cooccurrence as cooccurrence
from .correlation_consistency import CorrelationConsistency as CorrelationConsistency
from .label_contrast import LabelContrast as LabelContrast
from .label_correlations import LabelCorrelations as LabelCorrelations
from .masked_bce import pos_weight_from_targets as pos_weight_from_targets
from .reducers import Durand as Durand
from .reducers import MeanAll as MeanAll
from .reducers import MeanObserved as MeanObserved
from .reducers import PerTask as PerTask
from .reducers import Reducer as Reducer
from .reducers import Sum as Sum
from .sharpening import sharpen as sharpen
from .state import EpochAware as EpochAware
from .state import PredictionFed as PredictionFed
from .state import SampleIndexed as SampleIndexed
from .state import begin_batch as begin_batch
from .state import begin_epoch as begin_epoch
from .state import end_epoch as end_epoch

# the losses
from .assume_negative import AssumeNegativeLoss as AssumeNegativeLoss
from .asymmetric import AsymmetricLoss as AsymmetricLoss
from .asymmetric_pseudo_labels import AsymmetricPseudoLabelsLoss as AsymmetricPseudoLabelsLoss
from .co_teaching import CoTeachingLoss as CoTeachingLoss
from .entropy_maximization import EntropyMaximizationLoss as EntropyMaximizationLoss
from .expected_positives import ExpectedPositivesLoss as ExpectedPositivesLoss
from .focal import FocalLoss as FocalLoss
from .generalized_assume_negative import GeneralizedAssumeNegativeLoss as GeneralizedAssumeNegativeLoss
from .generalized_robust import GeneralizedRobustLoss as GeneralizedRobustLoss
from .hill import HillLoss as HillLoss
from .implicit_weighting_assume_negative import (
    ImplicitWeightingAssumeNegativeLoss as ImplicitWeightingAssumeNegativeLoss,
)
from .label_assemble import LabelAssembleLoss as LabelAssembleLoss
from .label_correlation_loss import LabelCorrelationLoss as LabelCorrelationLoss
from .label_smoothing_assume_negative import LabelSmoothingAssumeNegativeLoss as LabelSmoothingAssumeNegativeLoss
from .large_loss import LargeLoss as LargeLoss
from .log_sum_exp_pairwise import LogSumExpPairwiseLoss as LogSumExpPairwiseLoss
from .masked_bce import MaskedBCELoss as MaskedBCELoss
from .multi_label_softmax import MultiLabelSoftmaxLoss as MultiLabelSoftmaxLoss
from .online_label_estimation import OnlineLabelEstimationLoss as OnlineLabelEstimationLoss
from .partial_asymmetric import PartialAsymmetricLoss as PartialAsymmetricLoss
from .permanent_large_loss import PermanentLargeLoss as PermanentLargeLoss
from .positive_product import PositiveProductLoss as PositiveProductLoss
from .self_paced_correction import SelfPacedCorrectionLoss as SelfPacedCorrectionLoss
from .two_way import TwoWayLoss as TwoWayLoss
from .weak_assume_negative import WeakAssumeNegativeLoss as WeakAssumeNegativeLoss
from .weighted_sum import WeightedSumLoss as WeightedSumLoss
from .zero_bounded_pairwise_ranking import ZeroBoundedPairwiseRankingLoss as ZeroBoundedPairwiseRankingLoss
