"""Training one network with one loss, in plain PyTorch: the same steps whatever the loss."""

import math
import time
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..engines import parameter_groups
from ..errors import ConfigError, LucencyError
from ..losses import begin_batch, begin_epoch, end_epoch
from ..metrics import ranking_metrics
from .batches import Inputs, batches_of_epoch, shifts_of_epoch
from .recipe import Recipe
from .run import Job, Run
from .strong_view import strong_view
from .study import SELECTIONS, Study

WARM_UP = 0.05  # of all steps
IMAGES_AT_ONCE = 256


def train(study: Study, recipe: Recipe, job: Job) -> Run:
    """Train once, keeping for each selection the network of the epoch that it chooses.

    A run that diverges is a result, not an error: it ends, and says so in `Run.ended`.

    Raises:
        ConfigError: the network or the loss cannot be built, or the loss is not told what it needs.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so that the result does not depend on how many workers there are
    try:
        return _Training(study, recipe, job).run()
    finally:
        torch.set_num_threads(threads)


class _Training:
    def __init__(self, study: Study, recipe: Recipe, job: Job) -> None:
        self.study, self.recipe, self.seed, self.option = study, recipe, job.seed, job.option
        self.rows = study.rows("train")
        self.targets = torch.as_tensor(study.targets(job.option.targets), device=recipe.device)
        self.network = job.option.build_network(study, recipe, job.seed)
        self.loss = job.option.build(study, seed=job.seed, max_epochs=recipe.max_epochs).to(recipe.device)
        self.inputs = Inputs(study, recipe.device)
        self.optimizer = torch.optim.AdamW(self._groups(job.rate), lr=job.rate, weight_decay=recipe.weight_decay)
        steps = recipe.max_epochs * self._steps()
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, lambda step: _share_of_rate(step, steps))
        self.best: dict[str, dict[str, Tensor]] = {}
        self.history: list[dict[str, float]] = []

    def _groups(self, rate: float) -> list[dict[str, Any]]:
        """Weights; biases and normalisation, without decay; the bias of the outputs; what the loss learns."""
        network, *learned = parameter_groups(network=self.network, loss=self.loss, lr=rate)
        parameters, outputs = network["params"], (len(self.study.findings),)
        weights = [parameter for parameter in parameters if parameter.ndim > 1]
        others = [parameter for parameter in parameters if parameter.ndim < 2 and parameter.shape != outputs]
        bias = [parameter for parameter in parameters if parameter.shape == outputs]
        return [
            {"params": weights},
            {"params": others, "weight_decay": 0.0},
            {"params": bias, "weight_decay": 0.0, "lr": max(rate, self.recipe.bias_rate)},
            *learned,
        ]

    def run(self) -> Run:
        seconds, ended = [], "budget"
        for epoch in range(1, self.recipe.max_epochs + 1):
            try:
                spent, mean_loss = self._epoch(epoch)
                scores = self._validate()
            except ConfigError:
                raise
            except (LucencyError, FloatingPointError) as error:
                ended = f"epoch {epoch}: {error}"
                break
            seconds.append(spent / self._steps())
            self._keep(scores)
            self.history.append({"epoch": epoch, "loss": mean_loss, **scores})
            if self._out_of_patience(epoch):
                ended = "patience"
                break
        logits, validation, extras = self._look_back()
        return Run(self.history, logits, float(np.median(seconds or [math.nan])), ended, validation, extras)

    def _steps(self) -> int:
        return max(1, len(self.rows) // self.recipe.batch_size)

    def _epoch(self, epoch: int) -> tuple[float, float]:
        """Seconds of one epoch, and its mean loss."""
        clock = time.process_time if self.recipe.device == "cpu" else time.perf_counter
        torch.manual_seed(int(np.random.SeedSequence((self.seed, epoch)).generate_state(1)[0]))
        self.network.train()
        begin_epoch(self.loss, epoch, self.recipe.max_epochs)
        started, total = clock(), torch.zeros((), device=self.recipe.device)
        shifts = shifts_of_epoch(self.recipe.shift, self.seed, epoch)
        order = batches_of_epoch(len(self.rows), self.recipe.batch_size, self.seed, epoch)
        for places, shift in zip(order, shifts, strict=False):
            index = torch.as_tensor(places, device=self.recipe.device)
            begin_batch(self.loss, index)
            loss = self.loss(self._views(self.rows[places], shift), self.targets[index])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.schedule.step()
            total += loss.detach()
        end_epoch(self.loss, lambda: self._logits(self.rows))
        mean = total.item() / self._steps()
        if not math.isfinite(mean):
            raise FloatingPointError(f"the mean loss is {mean}")
        return clock() - started, mean

    def _views(self, rows: NDArray[np.intp], shift: tuple[int, int]) -> Tensor | tuple[Tensor, ...]:
        """Logits of the images, and of strongly changed ones in the same pass if the loss compares two views."""
        weak = self.inputs.batch(rows, shift)
        if not getattr(self.loss, "takes_views", False) or getattr(self.loss, "consistency_weight", 0) == 0:
            return self._answer(weak)
        return self._answer(torch.cat([weak, strong_view(weak)])).chunk(2)

    def _answer(self, inputs: Tensor) -> Tensor:
        with torch.autocast(inputs.device.type, torch.bfloat16, enabled=self.recipe.bfloat16):
            answer: Tensor = self.network(inputs)
        return answer.float() if isinstance(answer, Tensor) else answer  # label correlations are float32 as they come

    def _logits(self, rows: NDArray[np.intp]) -> Tensor:
        self.network.eval()
        with torch.no_grad():  # a loss that learns from these could not keep inference tensors
            return torch.cat([self._answer(batch) for batch in self._batches(rows)])

    def _batches(self, rows: NDArray[np.intp]) -> Iterator[Tensor]:
        for at in range(0, len(rows), IMAGES_AT_ONCE):
            yield self.inputs.batch(rows[at : at + IMAGES_AT_ONCE])

    def _validate(self) -> dict[str, float]:
        logits = self._logits(self.study.rows("val")).cpu().numpy()
        metric = ("auroc", "ap").index(self.recipe.metric)
        findings = self.study.findings
        return {
            selection: ranking_metrics(logits, self.study.validation_labels(selection), findings)[metric].macro
            for selection in SELECTIONS
        }

    def _keep(self, scores: dict[str, float]) -> None:
        for selection, score in scores.items():
            if score > max((epoch[selection] for epoch in self.history), default=-math.inf):
                self.best[selection] = deepcopy(self.network.state_dict())

    def _out_of_patience(self, epoch: int) -> bool:
        """Whether neither selection has found a better epoch for a while; either alone would cut the other short."""
        bests = [max(self.history, key=lambda past: past[selection])["epoch"] for selection in SELECTIONS]
        return 0 < self.recipe.patience <= epoch - max(bests)

    def _look_back(self) -> tuple[dict[str, NDArray[np.float32]], ...]:
        """Logits of the test and of the validation images by each selection's network, and what else the first told."""
        logits, validation, extras = {}, {}, {}
        for selection, weights in self.best.items():
            self.network.load_state_dict(weights)
            logits[selection] = self._logits(self.study.rows("test")).cpu().numpy()
            validation[selection] = self._logits(self.study.rows("val")).cpu().numpy()
            if selection == SELECTIONS[0]:
                extras = self.option.extras(self.network, self._batches(self.study.rows("val")))
        return logits, validation, extras


def _share_of_rate(step: int, steps: int) -> float:
    """Linear warm-up, then half a cosine down to zero."""
    warm_up = max(1, round(WARM_UP * steps))
    if step < warm_up:
        return (step + 1) / warm_up
    return 0.5 * (1 + math.cos(math.pi * (step - warm_up) / max(1, steps - warm_up)))
