"""A pretended accelerator: tensors that say `pretend:0` and hold their values in main memory.

Every operation runs on the hidden values, so code that depends on them (`nonzero`, masks, `.item()`)
works. As on a real device, operands on two devices are an error, and so is numpy on a device's tensor.
Not seen: kernels that are missing for a type, the rounding of a real device, memory and time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

_setup_privateuseone_for_python_backend("pretend")
torch.pretend.get_amp_supported_dtype = lambda: [torch.bfloat16]  # type: ignore[attr-defined]
DEVICE = torch.device("pretend", 0)

_BETWEEN_DEVICES = ("aten::_to_copy", "aten::copy_", "aten::_copy_from", "aten::lift_fresh")
_INDEXED_FROM_THE_HOST = ("aten::index", "aten::index_put_", "aten::index_put", "aten::_index_put_impl_")


class OnDevice(torch.Tensor):
    """A tensor of the pretended device.

    Attributes:
        hidden: its values.
    """

    hidden: torch.Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, hidden: torch.Tensor) -> OnDevice:
        tensor = torch.Tensor._make_wrapper_subclass(
            cls, hidden.size(), strides=hidden.stride(), storage_offset=hidden.storage_offset(),
            dtype=hidden.dtype, layout=hidden.layout, device=DEVICE, requires_grad=False,
        )  # fmt: skip
        tensor.hidden = hidden
        return tensor

    def __repr__(self) -> str:
        return f"OnDevice({self.hidden!r})"

    @classmethod
    def __torch_dispatch__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(function, args, kwargs or {})


class _Mode(TorchDispatchMode):
    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(function, args, kwargs or {})


@contextmanager
def pretended_device() -> Iterator[torch.device]:
    """Within it, tensors can be made on the device and moved there."""
    with _Mode():
        yield DEVICE


def _run(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run an operation on hidden values; what comes out is where a real device would leave it."""
    operation = function._schema.name
    values, shape = pytree.tree_flatten((args, kwargs))
    there = [value for value in values if isinstance(value, OnDevice)]
    here = [value for value in values if isinstance(value, torch.Tensor) and not isinstance(value, OnDevice)]
    target = torch.device(kwargs["device"]) if kwargs.get("device") is not None else None
    if not there and (target is None or target.type != DEVICE.type):
        return function(*args, **kwargs)
    if operation not in _BETWEEN_DEVICES and there:
        _check_devices(operation, args, here)
    bare = [value.hidden if isinstance(value, OnDevice) else value for value in values]
    bare_args, bare_kwargs = pytree.tree_unflatten(bare, shape)
    if target is not None:
        bare_kwargs = {**bare_kwargs, "device": torch.device("cpu")}
        stays = target.type == DEVICE.type
    else:
        stays = bool(there)
    result = function(*bare_args, **bare_kwargs)
    if operation == "aten::_local_scalar_dense":
        return result
    wrappers = {id(tensor.hidden): tensor for tensor in there}

    def wrapped(value: Any) -> Any:
        if not isinstance(value, torch.Tensor) or isinstance(value, OnDevice):
            return value
        if id(value) in wrappers:
            return wrappers[id(value)]
        return OnDevice(value) if stays and not any(value is tensor for tensor in here) else value

    return pytree.tree_map(wrapped, result)


def _check_devices(operation: str, args: tuple[Any, ...], here: list[torch.Tensor]) -> None:
    """Tensors of the host may stand beside the device's as numbers and as indices, not otherwise."""
    allowed: list[Any] = []
    if operation in _INDEXED_FROM_THE_HOST and isinstance(args[0], OnDevice):
        allowed = list(args[1])
    wrong = [
        tuple(tensor.shape)
        for tensor in here
        if tensor.dim() and not any(tensor is index for index in allowed)
    ]
    if wrong:
        raise RuntimeError(
            f"{operation}: all tensors were expected on {DEVICE}, those of shape {wrong} are on the host"
        )
