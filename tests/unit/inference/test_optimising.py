"""How weights are moved: Muon the inner kernels, AdamW the rest."""

from typing import Final

import pytest
import torch
from torch import nn

from inference.network import PhantomNetwork
from inference.optimising import Optimisers, Rates, inner_kernels

RATES: Final = Rates(adamw=1e-3, muon=0.1, muon_decay=0.0)


def test_only_convolutions_that_see_no_gray_levels_are_muons() -> None:
    network = PhantomNetwork()
    kernels = inner_kernels(network.layers)
    named = {id(value): name for name, value in network.named_parameters()}
    assert [named[id(each)] for each in kernels] == [
        f"layers.{number}.convolution.weight" for number in range(1, 9)
    ]


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_a_step_of_an_inner_kernel_is_as_long_in_each_direction(
    layout: torch.memory_format,
) -> None:
    """However much louder one output's gradient is; AdamW moves the rest by its rate."""
    torch.manual_seed(1)
    convolution = nn.Conv2d(3, 4, 3).to(memory_format=layout)
    kernel, bias = convolution.weight, convolution.bias
    assert bias is not None
    before = kernel.detach().clone()
    before_bias = bias.detach().clone()
    optimisers = Optimisers(convolution, [kernel], RATES, steps=100)
    loud = torch.tensor([1.0, 20.0, 0.5, 2.0]).reshape(4, 1, 1)
    optimisers.step((convolution(torch.randn(8, 3, 8, 8)) * loud * torch.randn(8, 4, 6, 6)).sum())
    assert kernel.grad is not None
    slopes = kernel.grad.flatten(1)
    assert torch.linalg.cond(slopes) > 15
    step = (kernel.detach() - before).flatten(1)
    lengths = torch.linalg.svdvals(step)
    first_rate = RATES.muon / 25  # where the cycle begins
    assert lengths.numpy() / first_rate == pytest.approx(1, abs=0.35)
    assert (step * slopes).sum() < 0, "downhill"
    moved = (bias.detach() - before_bias).abs()
    assert moved.numpy() == pytest.approx(RATES.adamw / 25, rel=0.01)


def test_a_kernel_is_fitted_and_stays_the_networks_own() -> None:
    torch.manual_seed(2)
    true, learnt = nn.Conv2d(2, 3, 3), nn.Conv2d(2, 3, 3)
    kernel = learnt.weight
    optimisers = Optimisers(learnt, [kernel], RATES, steps=150)
    losses: list[float] = []
    for _ in range(150):
        seen = torch.randn(8, 2, 6, 6)
        loss = (learnt(seen) - true(seen).detach()).square().mean()
        optimisers.step(loss)
        losses.append(float(loss.detach()))
    assert learnt.weight is kernel
    assert losses[-1] < losses[0] / 20
