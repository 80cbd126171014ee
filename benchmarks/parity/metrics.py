"""Our LPIPS, FID and KID beside the packages that they are known from.

    python3.11 -m venv /tmp/judges
    /tmp/judges/bin/pip install -e . torchvision lpips torch-fidelity torchmetrics
    /tmp/judges/bin/python benchmarks/parity/metrics.py

Every package is called as its documentation has it, on the same pictures as ours: soft blots, those
of the second set darker and blurred. torchmetrics resizes them with antialias unless told not to,
which the definition of FID does not: it is measured either way.

The weights are the published ones where they can be downloaded. Where not, random ones lie in their
place for all packages alike: then the result compares the arithmetic, and says so in its fields
`weights`. The calibration of LPIPS is part of its package and so always the published one.
"""

import argparse
import importlib.metadata
import io
import json
import sys
import tempfile
import urllib.error
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lpips
import numpy as np
import torch
import torch_fidelity
import torchvision
from PIL import Image, ImageFilter
from torch import Tensor, nn
from torch_fidelity.feature_extractor_inceptionv3 import (
    URL_INCEPTION_V3,
    FeatureExtractorInceptionV3,
)
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance

from unsee.metrics.distance import NETS, load_lpips, lpips_distances
from unsee.metrics.frechet import frechet_distance, kernel_distance
from unsee.metrics.inception import inception_features, load_inception
from unsee.running.files import writing

PICTURES, SIDE = 48, 96
PACKAGES = ("lpips", "torch", "torch-fidelity", "torchmetrics", "torchvision")
RANDOM = "random, as the published ones could not be downloaded"


class Unread(FeatureExtractorInceptionV3):
    """The network of torch-fidelity before it reads its weights."""

    def load_state_dict(self, state_dict: Any, *arguments: Any, **options: Any) -> Any:
        """Keep what the layers are initialised with."""


def random_inception() -> nn.Module:
    """Inception with random weights through which signals keep their size."""
    nothing = io.BytesIO()
    torch.save({}, nothing)
    nothing.seek(0)
    network = Unread("inception-v3-compat", ["2048"], feature_extractor_weights_path=nothing)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return network


def find_weights(url: str, network: Callable[[], nn.Module]) -> str:
    """Have published weights in torch's folder of downloads, or random ones; says which."""
    place = Path(torch.hub.get_dir()) / "checkpoints" / Path(url).name
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        torch.hub.download_url_to_file(url, str(place), progress=False)
    except urllib.error.URLError:
        torch.manual_seed(0)
        torch.save(network().state_dict(), place)
        return RANDOM
    return "published"


def draw(seed: int, size: tuple[int, int]) -> Image.Image:
    """Soft blots of random colours."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def change(picture: Image.Image) -> Image.Image:
    """Darker and blurred."""
    return picture.point(lambda value: 0.8 * value).filter(ImageFilter.GaussianBlur(3))


def compare_lpips() -> list[dict[str, Any]]:
    """Each network of LPIPS, on pictures of two sizes."""
    before = [draw(seed, (SIDE, SIDE) if seed % 3 else (SIDE, 128)) for seed in range(12)]
    after = [change(picture) for picture in before]
    rows = []
    for net, enum in NETS.items():
        source = getattr(torchvision.models, enum).IMAGENET1K_V1
        kind = enum.removesuffix("_Weights").lower()
        weights = find_weights(source.url, lambda kind=kind: torchvision.models.get_model(kind))
        ours = lpips_distances(load_lpips(net), before, after, batch_size=5)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            reference = lpips.LPIPS(net=net, verbose=False)
        with torch.no_grad():
            theirs = torch.cat(
                [
                    reference(*(lpips.im2tensor(np.asarray(one)) for one in pair)).flatten()
                    for pair in zip(before, after, strict=True)
                ]
            )
        rows.append(
            {
                "metric": f"LPIPS {net}",
                "reference": "lpips.LPIPS",
                "weights": weights,
                "pictures": len(before),
                "ours": float(ours.mean()),
                "theirs": float(theirs.mean()),
                "largest_difference": float((ours - theirs).abs().max()),
            }
        )
    return rows


def compare_inception() -> list[dict[str, Any]]:
    """Features, FID and KID, end to end from pictures."""
    weights = find_weights(URL_INCEPTION_V3, random_inception)
    one = [draw(1000 + seed, (SIDE, SIDE)) for seed in range(PICTURES)]
    other = [change(draw(2000 + seed, (SIDE, SIDE))) for seed in range(PICTURES)]
    a, b = (inception_features(load_inception(), images, batch_size=16) for images in (one, other))
    with tempfile.TemporaryDirectory() as folder:
        for name, images in (("one", one), ("other", other)):
            (Path(folder) / name).mkdir()
            for place, picture in enumerate(images):
                picture.save(Path(folder) / name / f"{place:03}.png")
        fidelity = torch_fidelity.calculate_metrics(
            input1=f"{folder}/one",
            input2=f"{folder}/other",
            cuda=False,
            fid=True,
            kid=True,
            # One subset with all pictures: nothing is left to chance.
            kid_subsets=1,
            kid_subset_size=PICTURES,
            batch_size=16,
            save_cpu_ram=True,
            cache=False,
            verbose=False,
        )
    seen, fid, kid = by_torchmetrics(one, other, antialias=False)
    _, smoothed, _ = by_torchmetrics(one, other, antialias=True)
    shared = {"weights": weights, "pictures": PICTURES}
    features = {
        "metric": "Inception features",
        "reference": "torchmetrics, antialias=False",
        **shared,
        "ours": float(a.abs().mean()),
        "theirs": float(seen.abs().mean()),
        "largest_difference": float((a - seen).abs().max()),
    }
    pairs = [
        ("FID", "torch-fidelity", frechet_distance, fidelity["frechet_inception_distance"]),
        ("FID", "torchmetrics, antialias=False", frechet_distance, fid),
        ("FID", "torchmetrics, which resizes in its own way", frechet_distance, smoothed),
        ("KID", "torch-fidelity", kernel_distance, fidelity["kernel_inception_distance_mean"]),
        ("KID", "torchmetrics, antialias=False", kernel_distance, kid),
    ]
    rows = [features]
    for metric, reference, measure, theirs in pairs:
        ours = measure(a, b)
        gap = abs(ours - theirs) / abs(theirs)
        rows.append(
            {
                "metric": metric,
                "reference": reference,
                **shared,
                "ours": ours,
                "theirs": float(theirs),
                "relative_difference": float(gap),
            }
        )
    return rows


def by_torchmetrics(
    one: list[Image.Image], other: list[Image.Image], *, antialias: bool
) -> tuple[Tensor, float, float]:
    """Features of the first pictures, FID and KID."""
    fid = FrechetInceptionDistance(antialias=antialias)
    with warnings.catch_warnings():
        # It keeps all features, and warns of that.
        warnings.simplefilter("ignore", UserWarning)
        kid = KernelInceptionDistance(fid.inception, subsets=1, subset_size=PICTURES)
    for images, real in ((one, True), (other, False)):
        for start in range(0, PICTURES, 16):
            batch = as_bytes(images[start : start + 16])
            fid.update(batch, real=real)
            kid.update(batch, real=real)
    seen = torch.cat(kid.real_features)
    return seen, float(fid.compute()), float(kid.compute()[0])


def as_bytes(images: list[Image.Image]) -> Tensor:
    """(n, 3, height, width) uint8."""
    return torch.from_numpy(np.stack([np.asarray(one) for one in images])).permute(0, 3, 1, 2)


def main() -> None:
    """Measure with all and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/parity-metrics.json"))
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        # Not the user's own folder: a random stand-in must not be left in it.
        torch.hub.set_dir(folder)
        rows = [*compare_lpips(), *compare_inception()]
    for row in rows:
        apart = row.get("relative_difference", row.get("largest_difference"))
        sys.stdout.write(f"{row['metric']}, {row['reference']}: {apart:.1e}\n")
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    with writing(chosen.out, overwrite=True) as temporary:
        temporary.write_text(json.dumps({"versions": versions, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
