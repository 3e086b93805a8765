"""Adding findings to a trained model without changing a bit of what it says about the others."""

import copy
from pathlib import Path
from typing import TypeVar

from ..errors import ConfigError
from .class_query import ClassQueryHead
from .class_query_densenet import ClassQueryDenseNet
from .query_vectors import Vectors

Model = TypeVar("Model", ClassQueryHead, ClassQueryDenseNet)


def append_findings(model: Model, count: int, *, queries: Vectors | str | Path | None = None) -> Model:
    r"""Copy a model and give it `count` more outputs, of which alone anything is left to train.

    What trains: the queries of the appended findings; with one-hot queries and a linear controller also their columns
    of the controller, so that they are as free as outputs of an `nn.Linear`. With any other head the controller is
    shared and stays as it is: an appended finding then has D numbers to learn, and its weights lie among those that the
    controller can make. All other parameters get ``requires_grad=False``, and features stay in evaluation mode even in
    training, since batch normalisation would follow the images of the appended findings and dropout disturb them. The
    logits of the former findings are computed as before, on their own, and so stay the same bit for bit.

    To train everything further on: ``model.requires_grad_(True)``, and ``model.features_frozen = False`` for a network.

    Args:
        model: trained; left as it is.
        count: how many findings to append, at the end.
        queries: their vectors (count, D) or the path of a `.npy` file, as the model was given; by default random ones
            of the length of the former, or one-hot ones. They train on if those of the model do. If those are fixed,
            as text embeddings may be, nothing is left to train and the model answers from the vector alone.

    Raises:
        ConfigError: `count` is no whole number from 1; a model without class queries; vectors of another shape, or for
            one-hot queries; or nothing of the appended findings could be trained or is given.

    Example:
        >>> import torch
        >>> trained = ClassQueryHead(8, 3)
        >>> larger = append_findings(trained, 2)
        >>> [name for name, parameter in larger.named_parameters() if parameter.requires_grad]
        ['groups.1.queries', 'groups.1.columns']
        >>> features = torch.rand(5, 8)
        >>> torch.equal(larger(features)[:, :3], trained(features)), larger(features).shape
        (True, torch.Size([5, 5]))
    """
    if type(count) is not int or count < 1:
        raise ConfigError(f"append_findings: count is {count}; give a whole number from 1")
    if not isinstance(model, ClassQueryHead | ClassQueryDenseNet):
        raise ConfigError(
            f"append_findings: {type(model).__name__} has no class queries; give a ClassQueryDenseNet or ClassQueryHead"
        )
    model = copy.deepcopy(model).requires_grad_(False)
    head: ClassQueryHead = model.class_layers.out if isinstance(model, ClassQueryDenseNet) else model
    if not head.learnable and not head.one_hot_linear and queries is None:
        raise ConfigError(
            "append_findings: the model shares one controller and its queries are fixed, so an appended finding could "
            "learn nothing; give its vector as queries, or train with learnable: true"
        )
    head.add_group(count, queries)
    if isinstance(model, ClassQueryDenseNet):
        model.features_frozen = True
        model.train(model.training)
    return model
