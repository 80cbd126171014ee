"""The features that FID and KID are measured on.

load_inception       the network of Szegedy et al. (2016) with the weights that FID is defined by
inception_features   what it sees in pictures

torch-fidelity has the network as TensorFlow had it, down to how pictures are resized; the weights
are those of 2015-12-05, translated. It comes with `pip install 'unsee[metrics]'`.
"""

import io
import urllib.error
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn

from unsee.errors import MissingExtra
from unsee.metrics.evaluators import batches, read_weights, reading

WIDTH = 2048
"""Of the features: the last pooling layer."""


def load_inception(weights: Path | None = None, *, device: str | torch.device = "cpu") -> nn.Module:
    """Load the network, frozen.

    Without `weights`, a file in the format of torch-fidelity, its own are downloaded once.

    Raises:
        MissingExtra: torch-fidelity is not installed.
        CheckpointError: the weights cannot be had or are not this network's.
    """
    try:
        from torch_fidelity import FeatureExtractorInceptionV3
        from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3
    except ImportError as error:
        raise MissingExtra("FID", "metrics") from error
    source = weights or URL_INCEPTION_V3
    with reading("Inception", source):
        state = _downloaded(URL_INCEPTION_V3) if weights is None else read_weights(weights)
        # torch-fidelity unpickles what it is given, and would run what is hidden in a file. Given
        # tensors that were read without, and written again here, there is nothing to run.
        harmless = io.BytesIO()
        torch.save(state, harmless)
        harmless.seek(0)
        # What the layers are initialised with is overwritten, but would advance the user's seeds.
        with torch.random.fork_rng(devices=[]):
            network: nn.Module = FeatureExtractorInceptionV3(
                "inception-v3-compat", [str(WIDTH)], feature_extractor_weights_path=harmless
            )
    return network.to(device)


@torch.no_grad()
def inception_features(
    network: nn.Module, images: Sequence[Image.Image], *, batch_size: int = 32
) -> Tensor:
    """Features of pictures of any size: (n, 2048), on the CPU.

    Raises:
        OptionError: `batch_size` is below 1.
    """
    device = next(network.parameters()).device
    seen = [network(batch.to(device))[0].cpu() for batch in batches(images, batch_size)]
    return torch.cat(seen) if seen else torch.empty(0, WIDTH)


def _downloaded(url: str) -> dict[str, Tensor]:
    try:
        return torch.hub.load_state_dict_from_url(
            url, map_location="cpu", progress=False, check_hash=True, weights_only=True
        )
    except urllib.error.URLError as error:
        raise OSError(f"{error.reason}; give a file that you have as `weights`") from error
