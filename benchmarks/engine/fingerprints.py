"""Seconds that it takes to tell which model this is: by sha256, as before, and by XXH3.

    python benchmarks/engine/fingerprints.py [--out FOLDER] [--device cuda] [--repeats 3]

The U-Net of emoji, and one of the size of Stable Diffusion 1.4 on random weights, in memory.
Before, a model was hashed when it was loaded, and an erasure hashed it again in each precision that
it may be loaded in. Now nothing is hashed at load: `recognised` is what it takes to apply a file,
`header` to write one. Each number is the best of a few, the old way and the new one in turn.
"""

import argparse
import hashlib
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor

import unsee
from unsee.loading.architectures import ARCHITECTURES
from unsee.running.files import writing
from unsee.running.fingerprints import PRECISIONS, Identity

OUT = Path("benchmarks/results/engine")


def sha256_before(tensors: Mapping[str, Tensor], dtype: torch.dtype | None = None) -> str:
    """Hash as e79cfb3 did: tensor by tensor, each cast as a whole."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach()
        if dtype is not None and tensor.is_floating_point():
            tensor = tensor.to(dtype)
        tensor = tensor.cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def before(tensors: Mapping[str, Tensor], dtype: torch.dtype) -> tuple[str, ...]:
    """The hashes of a header, in one pass for each precision."""
    lower = [one for one in PRECISIONS if one.itemsize < dtype.itemsize]
    return tuple(sha256_before(tensors, one) for one in (None, *lower))


def sd14(dtype: torch.dtype, device: torch.device) -> dict[str, Tensor]:
    """Random weights of the shapes that the U-Net of Stable Diffusion 1 has."""
    with tempfile.TemporaryDirectory() as folder, torch.device("meta"):
        ARCHITECTURES["sd1"].write(Path(folder))
        config = UNet2DConditionModel.load_config(Path(folder) / "unet")
        unet = UNet2DConditionModel.from_config(config)
    torch.manual_seed(0)
    return {
        name: torch.randn(tensor.shape).to(device, dtype)
        for name, tensor in unet.state_dict().items()
    }


def best(
    runs: Mapping[str, Callable[[], object]], repeats: int, device: torch.device
) -> dict[str, float]:
    """Time each of `runs`, in turn, as often as `repeats` says; keep the shortest."""
    seconds = dict.fromkeys(runs, float("inf"))
    for _ in range(repeats):
        for name, run in runs.items():
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            began = time.perf_counter()
            run()
            seconds[name] = min(seconds[name], time.perf_counter() - began)
    return seconds


def measured(tensors: dict[str, Tensor], dtype: torch.dtype, repeats: int) -> dict[str, Any]:
    """Time what one model takes."""
    first = next(iter(tensors.values()))
    size = sum(tensor.nbytes for tensor in tensors.values()) / 1e9
    old, new = Identity(tensors).sha256s, before(tensors, dtype)
    assert old == new, "the old hashes are not what they were"
    seconds = best(
        {
            "before, load": lambda: sha256_before(tensors),
            "now, recognised": lambda: Identity(tensors).fingerprint,
            "before, header": lambda: before(tensors, dtype),
            "now, header": lambda: Identity(tensors).fingerprints,
        },
        repeats,
        first.device,
    )
    both = seconds["before, load"] + seconds["before, header"]
    return {
        "gigabytes": round(size, 3),
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
        "gigabytes_per_second": {name: round(size / value, 2) for name, value in seconds.items()},
        "times_faster": {
            "to recognise a base": round(seconds["before, load"] / seconds["now, recognised"], 1),
            "to load and erase": round(both / seconds["now, header"], 1),
        },
    }


def main() -> None:
    """Time, print, keep."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--device", type=torch.device, default=torch.device("cpu"))
    parser.add_argument("--repeats", type=int, default=3)
    chosen = parser.parse_args()
    models: dict[str, Any] = {}
    for dtype in (torch.float32, torch.bfloat16):
        precision = str(dtype).removeprefix("torch.")
        emoji = unsee.load("emoji", device=chosen.device, dtype=dtype).network.state_dict()
        models[f"emoji, {precision}"] = measured(emoji, dtype, chosen.repeats)
        tensors = sd14(dtype, chosen.device)
        models[f"sd14, {precision}"] = measured(tensors, dtype, chosen.repeats)
    record = {
        "models": models,
        "device": str(chosen.device),
        "card": torch.cuda.get_device_name() if chosen.device.type == "cuda" else None,
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count(),
        "processor": platform.processor() or platform.machine(),
        "versions": {"torch": torch.__version__, "python": platform.python_version()},
    }
    path = chosen.out / f"fingerprints-{chosen.device.type}.json"
    with writing(path, overwrite=True) as temporary:
        temporary.write_text(json.dumps(record, indent=1) + "\n")
    print(_table(models))  # noqa: T201


def _table(models: Mapping[str, Any]) -> str:
    lines = []
    for name, one in models.items():
        lines.append(f"{name}, {one['gigabytes']} GB")
        for what, value in one["seconds"].items():
            speed = one["gigabytes_per_second"][what]
            lines.append(f"  {what:<18} {value:8.3f} s {speed:8.2f} GB/s")
        for what, value in one["times_faster"].items():
            lines.append(f"  {what:<22} {value:4.1f} times as fast")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
