"""Losses and hand-written gradients against autograd on dense targets in float64."""

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array
from torch.testing import assert_close

from recdag.recommenders.shared.likelihoods import (
    Gaussian,
    Logistic,
    Multinomial,
    Targets,
    negative_log_likelihood,
)

CPU = torch.device("cpu")


def dense_multinomial(outputs, chosen):
    return -(chosen * torch.log_softmax(outputs, dim=1)).sum(dim=1).mean()


def dense_gaussian(outputs, chosen):
    weight = torch.where(chosen > 0, 7.0, 0.5)
    return 0.5 * (weight * (chosen - outputs).square()).sum(dim=1).mean()


def dense_logistic(outputs, chosen):
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    return bce(outputs, chosen, reduction="none").sum(dim=1).mean()


CASES = [
    pytest.param(Multinomial(), dense_multinomial, id="multinomial"),
    pytest.param(Gaussian(7.0, 0.5), dense_gaussian, id="gaussian"),
    pytest.param(Logistic(), dense_logistic, id="logistic"),
]


def example(dtype=torch.float64) -> tuple[torch.Tensor, csr_array]:
    rng = np.random.default_rng(0)
    chosen = (rng.random((6, 11)) < 0.3).astype(np.float32)
    chosen[2] = 0
    outputs = torch.from_numpy(3 * rng.normal(size=chosen.shape)).to(dtype).requires_grad_()
    return outputs, csr_array(chosen)


@pytest.mark.parametrize(("likelihood", "dense"), CASES)
def test_loss_and_gradient_equal_autograd_in_float64(likelihood, dense):
    outputs, chosen = example()
    expected = dense(outputs, torch.from_numpy(chosen.toarray()).double())
    (expected_gradient,) = torch.autograd.grad(expected, outputs)
    loss, gradient = likelihood.loss_and_gradient(outputs.detach(), Targets.from_matrix(chosen, CPU))
    assert_close(loss, expected.detach(), rtol=1e-12, atol=1e-12)
    assert_close(gradient, expected_gradient, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("likelihood", "dense"), CASES)
def test_backward_scales_by_what_comes_from_above(likelihood, dense):
    outputs, chosen = example(torch.float32)
    loss = negative_log_likelihood(likelihood, outputs, Targets.from_matrix(chosen, CPU))
    (gradient,) = torch.autograd.grad(3.0 * loss, outputs)
    (expected,) = torch.autograd.grad(3.0 * dense(outputs, torch.from_numpy(chosen.toarray())), outputs)
    assert_close(gradient, expected)


@pytest.mark.parametrize(("likelihood", "dense"), CASES)
def test_extreme_outputs_stay_finite(likelihood, dense):
    outputs, chosen = example(torch.float32)
    loss, gradient = likelihood.loss_and_gradient(1e4 * outputs.detach(), Targets.from_matrix(chosen, CPU))
    assert torch.isfinite(loss)
    assert torch.isfinite(gradient).all()


def test_bfloat16_outputs_give_a_float32_loss():
    outputs, chosen = example(torch.bfloat16)
    loss = negative_log_likelihood(Multinomial(), outputs, Targets.from_matrix(chosen, CPU))
    loss.backward()
    assert loss.dtype == torch.float32
    assert outputs.grad.dtype == torch.bfloat16


def test_logistic_bias_starts_at_the_log_odds():
    bias = Logistic().output_bias(np.array([0.25, 0.5, 0.0]))
    assert bias[:2] == pytest.approx([np.log(1 / 3), 0.0])
    assert np.isfinite(bias[2])
    assert bias[2] < -10
