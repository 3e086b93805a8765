"""One file a finding: its radiographic sign."""

from .atelectasis import Atelectasis
from .cardiomegaly import Cardiomegaly
from .consolidation import Consolidation
from .edema import Edema
from .effusion import Effusion
from .emphysema import Emphysema
from .fibrosis import Fibrosis
from .hernia import Hernia
from .infiltration import Infiltration
from .mass import Mass
from .nodule import Nodule
from .pleural_thickening import PleuralThickening
from .pneumonia import Pneumonia
from .pneumothorax import Pneumothorax
from .sign import Sign

SIGNS: dict[str, type[Sign]] = {
    "atelectasis": Atelectasis,
    "cardiomegaly": Cardiomegaly,
    "consolidation": Consolidation,
    "edema": Edema,
    "effusion": Effusion,
    "emphysema": Emphysema,
    "fibrosis": Fibrosis,
    "hernia": Hernia,
    "infiltration": Infiltration,
    "mass": Mass,
    "nodule": Nodule,
    "pleural_thickening": PleuralThickening,
    "pneumonia": Pneumonia,
    "pneumothorax": Pneumothorax,
}
"""Sign of each finding, in the order of NIH ChestX-ray14; they are drawn in this order."""

__all__ = ["SIGNS", "Sign"]
