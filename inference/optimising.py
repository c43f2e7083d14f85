"""How the demo model's weights are moved: Muon for its inner convolutions, AdamW for all else.

Muon makes every direction of a layer's step equally long, so that the few loud ones do not drown
what the others have learnt: https://kellerjordan.github.io/posts/muon/. Eight epochs on 3,200
hearts left an error of 4.9 points on new ones, where AdamW alone had left 6.0. torch's own takes
matrices only, whence each kernel is handed to it as one, of its outputs by its inputs and places.

The rates soon begin to fall, evenly: a third of the steps spent on their rise, and a cosine after
it, left 4.8 points in six epochs, where this left 4.6.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import OneCycleLR

DECAY = 1e-2
RISING = 0.1  # of all steps


@dataclass(frozen=True, slots=True)
class Rates:
    """The highest learning rates of a cycle, and what Muon takes off its weights at each step."""

    adamw: float
    muon: float
    muon_decay: float


class Optimisers:
    """Both, each through one cycle of its rate."""

    def __init__(
        self, network: nn.Module, kernels: Iterable[Tensor], rates: Rates, steps: int
    ) -> None:
        self._matrices = [(each, nn.Parameter(each.detach().flatten(1))) for each in kernels]
        apart = {id(kernel) for kernel, _ in self._matrices}
        others = [each for each in network.parameters() if id(each) not in apart]
        self._network = network
        adamw = torch.optim.AdamW(others, lr=rates.adamw, weight_decay=DECAY, fused=True)
        muon = torch.optim.Muon(
            [matrix for _, matrix in self._matrices], lr=rates.muon, weight_decay=rates.muon_decay
        )
        self._optimisers: tuple[torch.optim.Optimizer, ...] = (adamw, muon)
        self._schedules = (
            _cycle(adamw, rates.adamw, steps),
            _cycle(muon, rates.muon, steps, cycle_momentum=False),
        )

    def step(self, loss: Tensor) -> None:
        """One step down this loss."""
        self._network.zero_grad()
        loss.backward()
        for kernel, matrix in self._matrices:
            matrix.grad = None if kernel.grad is None else kernel.grad.flatten(1)
        for optimiser in self._optimisers:
            optimiser.step()
        with torch.no_grad():
            for kernel, matrix in self._matrices:
                kernel.copy_(matrix.view_as(kernel))
        for schedule in self._schedules:
            schedule.step()


def _cycle(
    optimiser: torch.optim.Optimizer, rate: float, steps: int, *, cycle_momentum: bool = True
) -> OneCycleLR:
    """Soon at its highest, then falling evenly to the end."""
    return OneCycleLR(
        optimiser,
        rate,
        total_steps=steps,
        pct_start=max(RISING, 2 / steps),  # it divides by zero where the first step is the peak
        anneal_strategy="linear",
        cycle_momentum=cycle_momentum,
    )


def inner_kernels(layers: nn.Module) -> list[Tensor]:
    """The weights of the convolutions but for the first, which sees gray levels themselves."""
    convolutions = [each for each in layers.modules() if isinstance(each, nn.Conv2d | nn.Conv3d)]
    return [each.weight for each in convolutions[1:]]
