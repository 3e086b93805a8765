"""The model that a report compares with."""

from dataclasses import dataclass
from pathlib import Path

from ..model_identity import ModelIdentity, read_model_identity
from .scored_images import ScoredImages, scores_file


@dataclass(frozen=True, eq=False)
class OtherModel:
    """What to call the other model, its scores, the file they are from, and which model it is, if that is known."""

    name: str
    images: ScoredImages
    file: Path
    model: ModelIdentity | None

    @classmethod
    def read(cls, evaluation: str | Path) -> "OtherModel":
        """Read another evaluation; it is called by the name of its folder.

        Raises:
            TableError, LabelError, LucencyError, ConfigError: as `ScoredImages.read` and `read_model_identity`.
        """
        file = scores_file(evaluation)
        name = file.stem if file.name != "scores.csv" else file.resolve().parent.name
        return cls(name, ScoredImages.read(file), file, model_beside(file))


def model_beside(scores: Path) -> ModelIdentity | None:
    """The model whose `model.json` lies beside its scores; ``None`` where there is no such file.

    Raises:
        ConfigError: it holds something else.
    """
    path = scores.with_name("model.json")
    return read_model_identity(path) if path.is_file() else None
