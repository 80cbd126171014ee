"""Erased weights as files that other tools load; a file of this folder for each kind.

FORMATS         what each format is, by the name that --to takes
to_diffusers    folder.py: a whole folder in the diffusers format
to_checkpoint   checkpoint.py: one file in the layout of the original Stable Diffusion
to_lora         lora.py: low-rank factors, as diffusers and peft name them
to_lora_kohya   lora.py: the same, as kohya's scripts and the web interfaces name them
Exported        source.py: what was written, and how much of the edit is in it

Each function takes an erased file and the base model that it was made from, and writes the result
whole or not at all. The first two hold exactly the erased model. So do the factors of an erasure
that was trained as factors; of any other erasure they hold a part, and lora.py says how large it
must be.
"""

from unsee.exporting.checkpoint import to_checkpoint
from unsee.exporting.folder import to_diffusers
from unsee.exporting.lora import to_lora, to_lora_kohya
from unsee.exporting.source import Exported

FORMATS = {
    "diffusers": "a folder for from_pretrained",
    "checkpoint": "one file for from_single_file, WebUI and ComfyUI",
    "lora": "low-rank factors for load_lora_weights",
    "lora-kohya": "low-rank factors under the names that WebUI and ComfyUI know too",
}

__all__ = [
    "FORMATS",
    "Exported",
    "to_checkpoint",
    "to_diffusers",
    "to_lora",
    "to_lora_kohya",
]
