"""Stable Diffusion 1.x and 2.x: one CLIP text encoder and a U-Net with cross-attention.

UNetDenoiser   answers the seam of base.py with the parts of a diffusers pipeline
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, overload

import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler
from PIL import Image
from torch import Tensor

from unsee.denoisers.base import Condition, Defaults, Scheduler
from unsee.erasing.config import SAMPLERS
from unsee.errors import CheckpointError, OptionError, unknown_name
from unsee.families.text import ClipText
from unsee.running.fingerprints import fingerprint
from unsee.sampling import trajectory


class UNetDenoiser:
    """A Stable Diffusion model in parts, all of them frozen and in evaluation mode."""

    family = "unet"
    # Old checkpoints carry two settings that were mistakes; the pipeline of diffusers mends them
    # in the same way.
    _mended: ClassVar[Mapping[str, Any]] = {"steps_offset": 1, "clip_sample": False}

    def __init__(
        self,
        name: str,
        *,
        tokenizer: Any,
        text_encoder: Any,
        unet: Any,
        vae: Any,
        scheduler: Any,
        defaults: Defaults | None = None,
    ) -> None:
        self.name = name
        self.defaults = defaults or Defaults()
        self.network = unet
        self._tokenizer = tokenizer
        self._text_encoder = text_encoder
        self._text = ClipText(tokenizer, text_encoder)
        self._vae = vae
        self._factor: int = 2 ** (len(vae.config.block_out_channels) - 1)
        for part in (text_encoder, unet, vae):
            part.requires_grad_(False)
            part.eval()
        first = next(unet.parameters())
        self.device: torch.device = first.device
        self.dtype: torch.dtype = first.dtype
        mended = {key: value for key, value in self._mended.items() if key in scheduler.config}
        self._scheduler = type(scheduler).from_config(scheduler.config, **mended)
        self.prediction_type: str = scheduler.config.get("prediction_type")
        self._check()
        self.fingerprint: str = fingerprint(unet.state_dict())

    def _check(self) -> None:
        """Refuse what would be drawn, or trained, as something that it is not."""
        if self.prediction_type not in ("epsilon", "v_prediction"):
            raise CheckpointError(
                f"{self.name} predicts {self.prediction_type!r}; "
                "unsee edits models that predict epsilon or v_prediction"
            )
        config = self.network.config
        if config.in_channels != self._vae.config.latent_channels:
            raise CheckpointError(
                f"{self.name} reads a picture besides the prompt, for inpainting or editing; "
                "give the text-to-image model that it was made from"
            )
        if config.time_cond_proj_dim is not None:
            raise CheckpointError(
                f"{self.name} has its guidance distilled into the network, as latent consistency "
                "models do; give the model that it was distilled from"
            )

    def check_phrase(self, phrase: str) -> None:
        """Raise a ConceptError unless the text encoder reads all of it, and reads something."""
        self._text.check(phrase)

    @torch.no_grad()
    def encode(self, prompts: Sequence[str]) -> Condition:
        """Encode prompts, cut off where the text encoder ends; the empty one is ∅."""
        masked = getattr(self._text_encoder.config, "use_attention_mask", False)
        return Condition(self._text.encode(prompts, masked=bool(masked))[0])

    def predict(self, x_t: Tensor, t: Tensor, condition: Condition) -> Tensor:
        """Predict in the model's own space; fp32 whatever the model computes in."""
        # Under autocast, trained fp32 weights and frozen half-precision ones work together.
        half = self.dtype != torch.float32
        with torch.autocast(self.device.type, self.dtype, enabled=half):
            predicted: Tensor = self.network(
                x_t.to(self.dtype),
                t,
                encoder_hidden_states=condition.hidden.to(self.dtype),
                added_cond_kwargs=self._added(x_t, condition),
            ).sample
        return predicted.float()

    def _added(self, x_t: Tensor, condition: Condition) -> dict[str, Tensor] | None:
        """Return what the network reads besides latent, timestep and prompt."""
        return None

    def make_scheduler(self, steps: int, sampler: str = "model") -> Scheduler:
        """Make a fresh scheduler with `steps` timesteps set; the model's own kind, or DDIM."""
        if sampler not in SAMPLERS:
            raise unknown_name("sampler", sampler, SAMPLERS)
        trained = self._scheduler.config.num_train_timesteps
        if steps > trained:
            raise OptionError(f"{steps} sampler steps, but {self.name} knows only {trained}")
        if sampler != "model" and "beta_schedule" not in self._scheduler.config:
            raise OptionError(
                f"{self.name} has a noise schedule that {sampler} does not know; "
                "use --sampler model"
            )
        own = self._scheduler.config
        scheduler: Any
        if sampler == "ddim":
            # Other schedulers' configs do not say whether DDIM shall clip; latents must not be.
            scheduler = DDIMScheduler.from_config(own, clip_sample=False)
        elif sampler == "dpm++":
            scheduler = DPMSolverMultistepScheduler.from_config(
                own, algorithm_type="dpmsolver++", solver_order=2, thresholding=False
            )
        else:
            scheduler = type(self._scheduler).from_config(own)
        scheduler.set_timesteps(steps, device=self.device)
        made: Scheduler = scheduler
        return made

    def latent_shape(
        self, height: int | None = None, width: int | None = None
    ) -> tuple[int, int, int]:
        """Channels, height and width of the latents of a picture of this many pixels."""
        size = self.network.config.sample_size
        sides = (size, size) if isinstance(size, int) else tuple(size)
        for axis, (flag, pixels) in enumerate((("--height", height), ("--width", width))):
            if pixels is None:
                continue
            if pixels < 1 or pixels % self._factor:
                raise OptionError(f"{flag} must be a multiple of {self._factor}, not {pixels}")
            sides = (*sides[:axis], pixels // self._factor, *sides[axis + 1 :])
        return (self.network.config.in_channels, *sides)

    def picture_size(self) -> tuple[int, int]:
        """Width and height of a picture of the model's own size, in pixels."""
        _, height, width = self.latent_shape()
        return width * self._factor, height * self._factor

    @torch.no_grad()
    def encode_images(self, images: Tensor) -> Tensor:
        """Latents of pictures (rows, 3, height, width) in [-1, 1]."""
        images = images.to(self.device, self._vae.dtype)
        latents: Tensor = self._vae.encode(images).latent_dist.mode().float()
        mean, deviation = self._latent_statistics()
        scaled: Tensor = (latents - mean) * self._vae.config.scaling_factor / deviation
        return scaled

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Tensor:
        """Pictures of latents: uint8, (rows, height, width, 3), on the CPU."""
        mean, deviation = self._latent_statistics()
        latents = latents * deviation / self._vae.config.scaling_factor + mean
        images: Tensor = self._vae.decode(latents.to(self._vae.dtype)).sample.float()
        pixels = ((images / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)
        return pixels.permute(0, 2, 3, 1).contiguous().cpu()

    def _latent_statistics(self) -> tuple[Tensor, Tensor]:
        """Mean and deviation of the latents, for autoencoders that know more than a factor."""
        config = self._vae.config
        mean, deviation = (
            torch.tensor(values or [default], device=self.device).reshape(1, -1, 1, 1)
            for values, default in ((config.latents_mean, 0.0), (config.latents_std, 1.0))
        )
        return mean, deviation

    @overload
    def generate(self, prompts: str, seed: int = 0, **settings: Any) -> Image.Image: ...

    @overload
    def generate(
        self, prompts: Sequence[str], seed: int | Sequence[int] = 0, **settings: Any
    ) -> list[Image.Image]: ...

    def generate(
        self, prompts: str | Sequence[str], seed: int | Sequence[int] = 0, **settings: Any
    ) -> Image.Image | list[Image.Image]:
        """Draw pictures; `settings` as in unsee.generate.

        generate("a cat", 7)              one picture
        generate(["a cat", "a dog"], 7)   a list of pictures, all from seed 7
        generate(["a cat"] * 3, range(3)) a list of pictures, each from its own seed
        """
        listed = [prompts] if isinstance(prompts, str) else list(prompts)
        seeds = [seed] * len(listed) if isinstance(seed, int) else list(seed)
        pictures = trajectory.generate(self, listed, seeds, **settings)
        return pictures[0] if isinstance(prompts, str) else pictures
