"""Pictures of other people's: files as they come.

read_pictures   files -> images; refused with the file's name
to_rgb          what is transparent on white, 16 bits to 8
"""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

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
