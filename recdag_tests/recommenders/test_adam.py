"""The optimizer of folding in against torch's."""

import torch

from recdag.recommenders.shared.adam import Adam


def test_it_moves_as_torchs_adam():
    torch.manual_seed(0)
    ours = torch.randn(3, 4)
    theirs = ours.clone()
    optimizers = Adam(ours, 0.05), torch.optim.Adam([theirs], lr=0.05)
    for _ in range(30):
        gradient = torch.randn(3, 4) * theirs
        theirs.grad = gradient
        optimizers[0].step(gradient)
        optimizers[1].step()
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)
