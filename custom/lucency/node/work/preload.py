"""What takes seconds to import, imported once: the fork server imports this module, and its children inherit it."""

import highdicom.sr
import monai.inferers
import monai.networks.nets
import monai.transforms

from .job_runner import JobRunner
from .predictor import Predictor
from .products import Products

__all__ = ["JobRunner", "Predictor", "Products", "highdicom", "monai"]
