"""Pictures that are to be erased: from files and images to the latents of source `images`.

read_pictures      files -> images; refused with the file's name
to_rgb             what is transparent on white, 16 bits to 8
prepare_pictures   images -> for each concept the latents of its own, and hashes for the header
"""

import hashlib
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from unsee.concepts import Concept
from unsee.config import EraseConfig
from unsee.denoisers.base import Denoiser
from unsee.errors import OptionError


def read_pictures(paths: Sequence[Path]) -> list[Image.Image]:
    """Read image files as RGB, turned as their cameras were held.

    Raises:
        OptionError: a file is not there, or is no picture that has one look as RGB.
    """
    pictures = []
    for path in paths:
        try:
            with warnings.catch_warnings():
                # A large scan; what is twice as large is an error.
                warnings.simplefilter("ignore", Image.DecompressionBombWarning)
                with Image.open(path) as opened:
                    pictures.append(to_rgb(ImageOps.exif_transpose(opened)))
        except (OSError, SyntaxError, OptionError, Image.DecompressionBombError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            raise OptionError(f"cannot read the picture {path}: {reason}") from error
    return pictures


def to_rgb(image: Image.Image) -> Image.Image:
    """Make an image RGB as a viewer shows it: Pillow alone would show hidden colours, and cut off
    what is above 8 bits.

    Raises:
        OptionError: values without a range.
    """
    if image.mode.startswith("I;16"):
        wide = np.asarray(image, dtype=np.uint32)
        image = Image.fromarray(((wide * 255 + 32767) // 65535).astype(np.uint8))
    elif image.mode in ("I", "F"):
        raise OptionError("it has 32 bits a value; save it with 8 or 16")
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image.convert("RGB")


def prepare_pictures(
    model: Denoiser,
    concepts: Sequence[Concept],
    config: EraseConfig,
    images: Sequence[Image.Image] | None,
) -> tuple[list[Tensor], tuple[str, ...]]:
    """Encode pictures at the model's own size, cut to its shape around their middle.

    Raises:
        OptionError: pictures without source `images` or the reverse; or neither one concept nor as
            many as there are pictures.
    """
    if config.source != "images":
        if images:
            raise OptionError("--images are for --source images; give both, or neither")
        return [], ()
    if not images:
        raise OptionError("--source images trains on given pictures; name them by --images")
    if len(concepts) not in (1, len(images)):
        raise OptionError(
            f"{len(concepts)} concepts but {len(images)} --images; "
            "give one picture for each, in order, or one concept"
        )
    size = model.picture_size()
    fitted = [
        np.asarray(ImageOps.fit(to_rgb(image), size, Image.Resampling.LANCZOS)) for image in images
    ]
    hashes = tuple(hashlib.sha256(pixels.tobytes()).hexdigest() for pixels in fitted)
    latents = []
    for pixels in fitted:
        x = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1
        latents.append(model.encode_images(x))
    return (latents if len(concepts) > 1 else [torch.cat(latents)]), hashes
