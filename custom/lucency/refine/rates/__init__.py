"""How many labels of a finding are wrong, among the observed positives and among the observed negatives."""

from .confident_joint import confident_joint, confident_joint_rates
from .gmm import gmm_rate
from .noise_rates import NoiseRates
from .of_labels import METHODS, noise_rates

__all__ = ["METHODS", "NoiseRates", "confident_joint", "confident_joint_rates", "gmm_rate", "noise_rates"]
