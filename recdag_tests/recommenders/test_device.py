"""Every model trains and scores on the device that it is given, and gives the CPU's results there."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
import torch

from recdag.recommenders.catalogue import MODELS
from recdag.testing import OPTIONS, all_users, small_data, through_a_file
from recdag_tests.recommenders.every_model import DRAW_NOTHING, FORMS, maker
from recdag_tests.recommenders.pretended_device import OnDevice, pretended_device

DATA = small_data()
ACCELERATORS = ["pretended", *(["cuda"] if torch.cuda.is_available() else [])]


def test_tensors_of_two_devices_do_not_mix() -> None:
    with pretended_device() as device:
        there = torch.ones(3, device=device)
        assert there.device == device and isinstance(there * 2, OnDevice)
        with pytest.raises(RuntimeError, match="expected on pretend:0"):
            there + torch.ones(3)
        with pytest.raises((TypeError, RuntimeError)):
            there.numpy()
        assert torch.equal((there + 1).cpu(), torch.full((3,), 2.0))


@pytest.mark.parametrize("name", [*MODELS, *FORMS])
@pytest.mark.parametrize("accelerator", ACCELERATORS)
def test_what_is_learned_and_scored_is_on_the_device_and_equals_the_cpus(accelerator: str, name: str) -> None:
    make = maker(name)
    on_cpu = make()
    on_cpu.fit(DATA, OPTIONS)
    expected = on_cpu.score(all_users(DATA))
    candidates = torch.from_numpy(np.random.default_rng(3).integers(0, DATA.n_items, (DATA.n_users, 6)))
    with pretended_device() if accelerator == "pretended" else nullcontext(torch.device("cuda", 0)) as device:
        model = make(device)
        model.fit(DATA, replace(OPTIONS, device=device))
        scores = model.score(all_users(DATA))
        some = model.score(all_users(DATA), candidates.to(device))
        loaded = through_a_file(model, make(device)).score(all_users(DATA))
        moved = through_a_file(on_cpu, make(device)).score(all_users(DATA)).cpu()
        assert {scores.device, some.device, loaded.device} == {device}
        scores, some, loaded = scores.cpu(), some.cpu(), loaded.cpu()
    torch.testing.assert_close(moved, expected, rtol=1e-3, atol=1e-5)
    if accelerator == "pretended" or name in DRAW_NOTHING:
        torch.testing.assert_close(scores, expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(some, scores.gather(1, candidates), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(loaded, scores, rtol=1e-5, atol=1e-6)
