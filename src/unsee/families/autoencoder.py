"""The autoencoder between pictures and latents.

Autoencoder   an AutoencoderKL of diffusers, with the scale that its latents are trained at
"""

from typing import Any

import torch
from torch import Tensor


class Autoencoder:
    """Pictures to latents and back."""

    def __init__(self, network: Any) -> None:
        """Take the network of diffusers."""
        self.network = network
        self.factor: int = 2 ** (len(network.config.block_out_channels) - 1)
        """Pixels of a latent's side."""
        self.channels: int = network.config.latent_channels

    @torch.no_grad()
    def encode(self, images: Tensor) -> Tensor:
        """Latents (rows, channels, height, width) of pictures (rows, 3, height, width) in [-1, 1].

        The mode of what the encoder says, in fp32.
        """
        images = images.to(self.network.device, self.network.dtype)
        latents: Tensor = self.network.encode(images).latent_dist.mode().float()
        mean, deviation = self._statistics()
        scaled: Tensor = (latents - mean) * self.network.config.scaling_factor / deviation
        return scaled

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Tensor:
        """Pictures of latents: uint8, (rows, height, width, 3), on the CPU."""
        mean, deviation = self._statistics()
        latents = latents * deviation / self.network.config.scaling_factor + mean
        images: Tensor = self.network.decode(latents.to(self.network.dtype)).sample.float()
        pixels = ((images / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)
        return pixels.permute(0, 2, 3, 1).contiguous().cpu()

    def _statistics(self) -> tuple[Tensor, Tensor]:
        """Mean and deviation of the latents, for autoencoders that know more than a factor."""
        config = self.network.config
        mean, deviation = (
            torch.tensor(values or [default], device=self.network.device).reshape(1, -1, 1, 1)
            for values, default in ((config.latents_mean, 0.0), (config.latents_std, 1.0))
        )
        return mean, deviation
