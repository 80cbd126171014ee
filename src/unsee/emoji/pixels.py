"""Between pictures and tensors.

`pictures_to_tensor`  (n, h, w, 3) uint8 -> (n, 3, h, w) in [-1, 1]
`tensor_to_pictures`  and back
`tile`                many pictures as one sheet
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor


def pictures_to_tensor(pictures: NDArray[np.uint8]) -> Tensor:
    """(n, h, w, 3) uint8 -> (n, 3, h, w) float in [-1, 1]."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1


def tensor_to_pictures(x: Tensor) -> NDArray[np.uint8]:
    """(n, 3, h, w) in [-1, 1] -> (n, h, w, 3) uint8; what lies outside is clipped."""
    pixels = ((x + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return pixels.permute(0, 2, 3, 1).numpy()


def tile(pictures: NDArray[np.uint8], columns: int) -> Image.Image:
    """Pictures of one size, row by row."""
    count, height, width, _ = pictures.shape
    rows = -(-count // columns)
    sheet = np.full((rows * columns, height, width, 3), 255, np.uint8)
    sheet[:count] = pictures
    grid = sheet.reshape(rows, columns, height, width, 3).swapaxes(1, 2)
    return Image.fromarray(grid.reshape(rows * height, columns * width, 3))
