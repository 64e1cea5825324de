"""The sparse layer against the dense product, in value and gradient."""

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array, random_array
from torch.testing import assert_close

from recdag.recommenders.shared.sparse_linear import SparseLinear, SparseRows


def sparse(rows: int, columns: int, density: float, dtype=np.float64) -> csr_array:
    return random_array(
        (rows, columns), density=density, format="csr", dtype=dtype, rng=np.random.default_rng(3)
    )


def layer(inputs: int, outputs: int) -> SparseLinear:
    made = SparseLinear(inputs, outputs).double()
    torch.manual_seed(0)
    torch.nn.init.normal_(made.weight)
    torch.nn.init.normal_(made.bias)
    return made


@pytest.mark.parametrize("density", [0.0, 0.02, 0.4])
def test_value_and_gradients_equal_the_dense_layer(density):
    matrix, sparse_layer = sparse(17, 40, density), layer(40, 5)
    weight = sparse_layer.weight.detach().clone().requires_grad_()
    bias = sparse_layer.bias.detach().clone().requires_grad_()
    dense = torch.from_numpy(matrix.toarray()) @ weight + bias
    product = sparse_layer(matrix)
    assert_close(product, dense)
    dense.sin().sum().backward()
    product.sin().sum().backward()
    assert_close(sparse_layer.weight.grad, weight.grad)
    assert_close(sparse_layer.bias.grad, bias.grad)


def test_without_gradients_the_value_is_the_same():
    matrix, sparse_layer = sparse(9, 30, 0.1), layer(30, 4)
    with torch.no_grad():
        quiet = sparse_layer(matrix)
    assert_close(quiet, sparse_layer(matrix).detach())


def test_untouched_rows_have_no_gradient():
    matrix, sparse_layer = sparse(6, 50, 0.03), layer(50, 3)
    sparse_layer(matrix).sum().backward()
    untouched = np.setdiff1d(np.arange(50), matrix.indices)
    assert len(untouched) > 0
    assert not sparse_layer.weight.grad[untouched].any()


def test_gradcheck():
    matrix, sparse_layer = sparse(5, 12, 0.3), layer(12, 3)
    assert torch.autograd.gradcheck(
        lambda weight: torch.func.functional_call(sparse_layer, {"weight": weight}, (matrix,)),
        (sparse_layer.weight.detach().clone().requires_grad_(),),
    )


def test_times_takes_64_bit_scipy_indices():
    matrix = sparse(8, 20, 0.2, np.float32)
    wide = csr_array(
        (matrix.data, matrix.indices.astype(np.int64), matrix.indptr.astype(np.int64)), shape=matrix.shape
    )
    dense = torch.randn(20, 6, generator=torch.Generator().manual_seed(0))
    product = SparseRows.from_matrix(wide, torch.device("cpu")).times(dense)
    assert_close(product.numpy(), matrix @ dense.numpy())
