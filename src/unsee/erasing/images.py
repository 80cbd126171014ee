"""Pictures that are to be erased, as source `images` takes them.

prepare_pictures   images -> for each concept the latents of its own
picture_hashes     what the header of the erased file says of them
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor

from unsee.concepts import Concept
from unsee.denoisers.base import Denoiser
from unsee.erasing.config import EraseConfig
from unsee.errors import OptionError, option
from unsee.pictures.reading import to_rgb


def prepare_pictures(
    model: Denoiser,
    concepts: Sequence[Concept],
    config: EraseConfig,
    images: Sequence[Image.Image] | None,
) -> list[Tensor]:
    """Encode pictures at the model's own size, cut to its shape around their middle.

    Raises:
        OptionError: pictures without source `images` or the reverse; or neither one concept nor as
            many as there are pictures.
    """
    if config.source != "images":
        if images:
            raise OptionError(
                f"{option('images')} are for {option('source')} images; give both, or neither"
            )
        return []
    if not images:
        raise OptionError(
            f"{option('source')} images trains on given pictures; name them by {option('images')}"
        )
    if len(concepts) not in (1, len(images)):
        raise OptionError(
            f"{len(concepts)} concepts but {len(images)} {option('images')}; "
            "give one picture for each, in order, or one concept"
        )
    latents = []
    for pixels in _fitted(model, images):
        x = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1
        latents.append(model.encode_images(x))
    return latents if len(concepts) > 1 else [torch.cat(latents)]


def picture_hashes(model: Denoiser, images: Sequence[Image.Image]) -> tuple[str, ...]:
    """Hash the pixels of each picture, as it is encoded."""
    return tuple(hashlib.sha256(pixels.tobytes()).hexdigest() for pixels in _fitted(model, images))


def _fitted(model: Denoiser, images: Sequence[Image.Image]) -> list[NDArray[np.uint8]]:
    size = model.picture_size()
    return [
        np.asarray(ImageOps.fit(to_rgb(image), size, Image.Resampling.LANCZOS)) for image in images
    ]
