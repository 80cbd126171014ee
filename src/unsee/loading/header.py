"""What a single safetensors file says about itself.

SingleFileHeader      names and shapes of its tensors, and its metadata; no weight is read
recognise   the architecture of a file in the layout of the original Stable Diffusion code
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from unsee.errors import CheckpointError
from unsee.loading.architectures import ARCHITECTURES, Architecture

_UNET = "model.diffusion_model."
_PARTS = {
    "U-Net": (_UNET,),
    "autoencoder": ("first_stage_model.", "vae."),
    "text encoder": ("cond_stage_model.", "conditioner.embedders."),
}
"""What a checkpoint holds, and the prefixes that tell of it."""
_CONTEXTS = {768: "sd1", 1024: "sd2", 2048: "sdxl"}
"""Width of the encoded prompt -> architecture."""


@dataclass(frozen=True)
class SingleFileHeader:
    """Names and shapes of the tensors of a file, and its metadata."""

    shapes: Mapping[str, tuple[int, ...]]
    metadata: Mapping[str, str]

    @classmethod
    def read(cls, path: Path) -> "SingleFileHeader":
        """Read a file's; a CheckpointError if it is none, or none of a whole model."""
        try:
            with safe_open(path, framework="pt") as file:
                names = list(file.keys())
                shapes = {name: tuple(file.get_slice(name).get_shape()) for name in names}
                header = cls(shapes, file.metadata() or {})
        except (SafetensorError, OSError) as error:
            raise CheckpointError(
                f"{path} is truncated or no safetensors file ({error}); fetch it again"
            ) from error
        header.check(path)
        return header

    def check(self, path: Path) -> None:
        """Raise a CheckpointError, which says what the file is, unless it is a whole model."""
        absent = [part for part, prefixes in _PARTS.items() if not self._has(prefixes)]
        if not absent:
            return
        if "unsee" in self.metadata:
            what = "an erased file; load the model that it was made from, and apply it to that"
        elif any("lora" in name for name in self.shapes):
            what = "a LoRA; load the model that it was made for"
        elif self._has(("down_blocks.", "text_model.", "encoder.", "decoder.")):
            what = "one part of a model; give the folder that has all of them, with its index"
        elif "U-Net" in absent:
            titles = ", ".join(architecture.title for architecture in ARCHITECTURES.values())
            what = f"no model that unsee knows; it reads {titles}"
        else:
            what = f"a model without its {' and '.join(absent)}; give the whole one"
        raise CheckpointError(f"{path} is {what}")

    def _has(self, prefixes: Iterable[str]) -> bool:
        prefixes = tuple(prefixes)
        return any(name.startswith(prefixes) for name in self.shapes)


def recognise(path: Path, header: SingleFileHeader) -> Architecture:
    """Tell the architecture by the width of the prompts that cross-attention reads.

    A CheckpointError if that is none of ARCHITECTURES, or if there is more than one choice.
    """
    keys = sorted(name for name in header.shapes if name.endswith(".attn2.to_k.weight"))
    widths = {header.shapes[name][-1] for name in keys if name.startswith(_UNET)}
    name = _CONTEXTS.get(widths.pop()) if len(widths) == 1 else None
    first = header.shapes.get(f"{_UNET}input_blocks.0.0.weight", (0, 4))
    if name is None or first[1] != 4:
        titles = ", ".join(architecture.title for architecture in ARCHITECTURES.values())
        raise CheckpointError(
            f"{path} is none of {titles}; say with `config` which folder or hub id has its settings"
        )
    predicts_v = _predicts_v(header)
    if name == "sd2" and predicts_v is None:
        raise CheckpointError(
            f"{path} is {ARCHITECTURES[name].title} or {ARCHITECTURES['sd2-v'].title}, and does "
            "not say which; say it with config='sd2' or config='sd2-v'"
        )
    if not predicts_v:
        return ARCHITECTURES[name]
    if "ztsnr" in header.shapes:
        return ARCHITECTURES[name].predicting_v(
            rescale_betas_zero_snr=True, timestep_spacing="trailing"
        )
    return ARCHITECTURES[f"{name}-v"]


def _predicts_v(header: SingleFileHeader) -> bool | None:
    """Tell what the network predicts, where the file says it: by a tensor's name, or in words."""
    if "v_pred" in header.shapes:
        return True
    declaration = header.metadata.get("modelspec.prediction_type", "").lower()
    declaration = declaration or header.metadata.get("modelspec.predict_key", "").lower()
    if declaration:
        return declaration in ("v", "v_prediction")
    architecture = header.metadata.get("modelspec.architecture", "")
    if architecture.startswith("stable-diffusion-v2"):
        return "768" in architecture
    return None
