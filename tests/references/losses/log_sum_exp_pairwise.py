"""Log-sum-exp pairwise loss, pair by pair."""

from references.label_sets import each_image, pairs
from references.losses.contract import Reference

REFERENCE = Reference(table=each_image(pairs), ignores_unknown=True, independent=False)
