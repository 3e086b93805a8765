"""Logits of several views with partly known targets, and gradients by each of them."""

import torch

NAN = torch.nan


def batch(images=6, findings=4, views=2, seed=0):
    """Logits of some views, and targets that are positive, negative, soft and, half of them, unknown."""
    generator = torch.Generator().manual_seed(seed)
    logits = [2 * torch.randn(images, findings, generator=generator, dtype=torch.float64) for _ in range(views)]
    codes = torch.randint(0, 6, (images, findings), generator=generator)
    targets = torch.tensor([1.0, 0.0, 0.3, NAN, NAN, NAN], dtype=torch.float64)[codes]
    targets[-1] = NAN
    return logits, targets


def rows(tensor):
    return [[None if y != y else y for y in row] for row in tensor.tolist()]


def gradients(loss, logits, targets):
    """The value, and its gradient by the logits of every view."""
    logits = [view.clone().requires_grad_() for view in logits]
    value = loss(logits, targets)
    value.backward()
    return value.detach(), [view.grad for view in logits]
