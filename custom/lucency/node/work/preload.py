"""What takes seconds to import, imported once: the fork server imports this module, and its children inherit it."""

import highdicom.sr
import monai.inferers
import monai.networks.nets
import monai.transforms

from . import job_runner, predictor, products, verdicts

__all__ = ["highdicom", "job_runner", "monai", "predictor", "products", "verdicts"]
