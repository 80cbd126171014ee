"""How different two pictures look.

NETS              the networks that it can be measured with
load_lpips        LPIPS of Zhang et al. (2018), version 0.1
lpips_distances   between pictures, pair by pair

The package lpips has its calibration; the network below it comes from torchvision. Both come with
`pip install 'unsee[metrics]'`.
"""

import urllib.error
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn

from unsee.errors import MissingExtra, OptionError, unknown_name
from unsee.metrics.evaluators import batches, check_paired, read_weights, reading

NETS = {
    "alex": "AlexNet_Weights",
    "squeeze": "SqueezeNet1_1_Weights",
    "vgg": "VGG16_Weights",
}
"""By the name that lpips gives them: what torchvision calls their weights."""


def load_lpips(
    net: str = "alex", *, weights: Path | None = None, device: str | torch.device = "cpu"
) -> nn.Module:
    """Load LPIPS, frozen; `alex` is what papers report.

    Without `weights`, a file in the format of torchvision, its own are downloaded once.

    Raises:
        UnknownName: `net` is none of NETS.
        MissingExtra: lpips or torchvision is not installed.
        CheckpointError: the weights cannot be had or are not this network's.
    """
    if net not in NETS:
        raise unknown_name("network for LPIPS", net, NETS)
    try:
        import lpips
        import torchvision
    except ImportError as error:
        raise MissingExtra("LPIPS", "metrics") from error
    source = getattr(torchvision.models, NETS[net]).IMAGENET1K_V1
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        # lpips asks torchvision for the network in words of old.
        warnings.simplefilter("ignore", UserWarning)
        network: nn.Module = lpips.LPIPS(net=net, pnet_rand=True, verbose=False)
    with reading(f"LPIPS {net}", weights or source.url):
        state = _downloaded(source) if weights is None else read_weights(weights)
        trunk = network.get_submodule("net")
        # `slice2.3.weight` is `features.3.weight`: lpips cuts the network into slices.
        names = {name: "features." + name.split(".", 1)[1] for name in trunk.state_dict()}
        lacking = sorted(set(names.values()) - set(state))
        if lacking:
            raise ValueError(f"it lacks {lacking[0]}")
        trunk.load_state_dict({name: state[original] for name, original in names.items()})
    return network.eval().requires_grad_(False).to(device)


@torch.no_grad()
def lpips_distances(
    network: nn.Module,
    before: Sequence[Image.Image],
    after: Sequence[Image.Image],
    *,
    batch_size: int = 32,
) -> Tensor:
    """Distance of each picture from its partner: (n,), on the CPU; 0 where they are the same.

    Raises:
        OptionError: the pictures cannot be paired, two of a pair differ in size, or `batch_size` is
            below 1.
    """
    check_paired(before, after, "partners")
    for place, (one, other) in enumerate(zip(before, after, strict=True)):
        if one.size != other.size:
            raise OptionError(
                f"pictures {place} are {one.size} and {other.size} pixels; resize one of them"
            )
    device = next(network.parameters()).device
    # Both break into batches at the same places, as their sizes agree.
    pairs = zip(batches(before, batch_size), batches(after, batch_size), strict=True)
    return torch.cat(
        [network(_scaled(x, device), _scaled(y, device)).flatten().cpu() for x, y in pairs]
    )


def _scaled(pixels: Tensor, device: torch.device) -> Tensor:
    """From bytes to [-1, 1]."""
    return pixels.to(device).float() / 127.5 - 1


def _downloaded(source: object) -> dict[str, Tensor]:
    try:
        state: dict[str, Tensor] = source.get_state_dict(  # type: ignore[attr-defined]
            map_location="cpu", progress=False, check_hash=True, weights_only=True
        )
        return state
    except urllib.error.URLError as error:
        raise OSError(f"{error.reason}; give a file that you have as `weights`") from error
