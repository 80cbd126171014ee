"""Stable Diffusion 1.x and 2.x: one CLIP text encoder and a U-Net with cross-attention.

UNetDenoiser   answers the seam of denoisers/base.py with the parts of a diffusers pipeline
places         what each parameter of such a U-Net is for
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import Attention
from torch import Tensor, nn

from unsee.denoisers.base import Defaults
from unsee.denoisers.condition import Condition, Embeddings, Tokens
from unsee.denoisers.places import Place
from unsee.denoisers.schedule import Schedule
from unsee.errors import CheckpointError, OptionError, option
from unsee.families import scheduler as schedulers
from unsee.families import text
from unsee.families.autoencoder import Autoencoder
from unsee.families.text import TextEncoder
from unsee.running.fingerprints import Identity
from unsee.sampling.draw import generate


class UNetDenoiser:
    """A Stable Diffusion model in parts, all of them frozen and in evaluation mode."""

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
        masked = bool(getattr(text_encoder.config, "use_attention_mask", False))
        self.text_encoders: tuple[TextEncoder, ...] = (
            TextEncoder(tokenizer, text_encoder, masked=masked),
        )
        self.autoencoder = Autoencoder(vae)
        for part in (text_encoder, unet, vae):
            part.requires_grad_(False)
            part.eval()
        first = next(unet.parameters())
        self.device: torch.device = first.device
        self.dtype: torch.dtype = first.dtype
        self.scheduler = schedulers.mended(scheduler, self._mended)
        self.prediction_type: str = scheduler.config.get("prediction_type")
        self._check()

    generate = generate

    def _check(self) -> None:
        """Refuse what would be drawn, or trained, as something that it is not."""
        if self.prediction_type not in ("epsilon", "v_prediction"):
            raise CheckpointError(
                f"{self.name} predicts {self.prediction_type!r}; "
                "unsee edits models that predict epsilon or v_prediction"
            )
        config = self.network.config
        if config.in_channels != self.autoencoder.channels:
            raise CheckpointError(
                f"{self.name} reads a picture besides the prompt, for inpainting or editing; "
                "give the text-to-image model that it was made from"
            )
        if config.time_cond_proj_dim is not None:
            raise CheckpointError(
                f"{self.name} has its guidance distilled into the network, as latent consistency "
                "models do; give the model that it was distilled from"
            )

    @cached_property
    def identity(self) -> Identity:
        """Which weights these are; erase and apply take it before others stand in for them."""
        return Identity(self.network.state_dict())

    @property
    def fingerprint(self) -> str:
        """Of the U-Net as it was loaded."""
        return self.identity.fingerprint

    def places(self) -> Mapping[str, Place]:
        """What each parameter of the U-Net is for."""
        return places(self.network)

    def check_phrase(self, phrase: str) -> None:
        """Raise a ConceptError unless every text encoder reads all of it, and reads something."""
        for encoder in self.text_encoders:
            encoder.check(phrase)

    def tokenize(self, prompts: Sequence[str]) -> Tokens:
        """Prompts as numbers, cut off where the text encoder ends."""
        pairs = [encoder.tokenize(prompts) for encoder in self.text_encoders]
        ids, masks = (tuple(column) for column in zip(*pairs, strict=True))
        empty = torch.tensor([not prompt for prompt in prompts], device=self.device)
        return Tokens(ids, masks, empty)

    def embed(self, tokens: Tokens) -> Embeddings:
        """Look the vectors of tokens up."""
        pairs = zip(self.text_encoders, tokens.ids, strict=True)
        return Embeddings(tokens, tuple(encoder.embed(ids) for encoder, ids in pairs))

    def read(self, embeddings: Embeddings) -> Condition:
        """Run the text encoder; its last layer is what cross-attention reads."""
        (output,) = self._outputs(embeddings)
        return Condition(output[0])

    def _outputs(self, embeddings: Embeddings) -> list[Any]:
        """What each text encoder says, with all of its layers."""
        tokens = embeddings.tokens
        rows = zip(self.text_encoders, tokens.ids, tokens.masks, embeddings.vectors, strict=True)
        return [encoder.read(ids, mask, vectors) for encoder, ids, mask, vectors in rows]

    def encode(self, prompts: Sequence[str | Embeddings]) -> Condition:
        """Encode prompts, cut off where the text encoder ends; the empty one is ∅."""
        return text.encode(self, prompts)

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

    def schedule(
        self,
        steps: int,
        sampler: str = "model",
        *,
        height: int | None = None,
        width: int | None = None,
    ) -> Schedule:
        """Make a fresh schedule; these models' noise is the same for every size of picture."""
        return schedulers.schedule(self.name, self.scheduler, steps, sampler, self.device)

    def latent_shape(
        self, height: int | None = None, width: int | None = None
    ) -> tuple[int, int, int]:
        """Channels, height and width of the latents of a picture of this many pixels."""
        size = self.network.config.sample_size
        sides = (size, size) if isinstance(size, int) else tuple(size)
        factor = self.autoencoder.factor
        for axis, (flag, pixels) in enumerate(
            ((option("height"), height), (option("width"), width))
        ):
            if pixels is None:
                continue
            if pixels < 1 or pixels % factor:
                raise OptionError(f"{flag} must be a multiple of {factor}, not {pixels}")
            sides = (*sides[:axis], pixels // factor, *sides[axis + 1 :])
        return (self.network.config.in_channels, *sides)

    def picture_size(self) -> tuple[int, int]:
        """Width and height of a picture of the model's own size, in pixels."""
        _, height, width = self.latent_shape()
        return width * self.autoencoder.factor, height * self.autoencoder.factor

    def encode_images(self, images: Tensor) -> Tensor:
        """Latents of pictures (rows, 3, height, width) in [-1, 1]."""
        return self.autoencoder.encode(images)

    def decode(self, latents: Tensor) -> Tensor:
        """Pictures of latents: uint8, (rows, height, width, 3), on the CPU."""
        return self.autoencoder.decode(latents)


_TEXT_INPUTS = ("to_k", "to_v")


def places(network: nn.Module) -> dict[str, Place]:
    """What each parameter of a U-Net is for, in the network's order.

    Raises:
        CheckpointError: it is another network, or has attention of a kind whose place is not known.
    """
    if not isinstance(network, UNet2DConditionModel):
        raise CheckpointError(
            f"{type(network).__name__} is no U-Net with cross-attention; "
            "unsee does not know which of its parameters read the text"
        )
    attentions: dict[str, Attention] = {}
    for path, module in network.named_modules():
        if isinstance(module, Attention):
            if module.added_kv_proj_dim is not None:
                raise CheckpointError(
                    f"{path} of {type(network).__name__} is attention to text and image at once; "
                    "unsee does not know which of its parameters read the text"
                )
            attentions[path] = module
        elif "Attention" in type(module).__name__ and not _holds_attention(module):
            raise CheckpointError(
                f"{path} of {type(network).__name__} is a {type(module).__name__}; "
                "unsee does not know which of its parameters read the text"
            )
    return {name: _place(name, attentions) for name, _ in network.named_parameters()}


def _holds_attention(module: nn.Module) -> bool:
    return any(isinstance(part, Attention) for part in module.modules())


def _place(name: str, attentions: Mapping[str, Attention]) -> Place:
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        attention = attentions.get(".".join(parts[:length]))
        if attention is None:
            continue
        # What the module says of itself: its attribute's name means another thing elsewhere.
        if not attention.is_cross_attention:
            return Place.IMAGE_ATTENTION
        return Place.TEXT_INPUT if parts[length] in _TEXT_INPUTS else Place.TEXT_ATTENTION
    return Place.REST
