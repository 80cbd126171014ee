"""A run made anew from the weights that ship, for when its own checkpoints are gone.

`unpack`  writes the checkpoints that `recipe.train` continues from

Only the averaged weights ship, so the optimiser starts afresh and the averages are the weights.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import CLIPTextModel

from unsee.emoji.evaluators import load_judge
from unsee.emoji.model import folder
from unsee.errors import OutputError, option
from unsee.running.files import writing


def unpack(run: Path) -> None:
    """Fill the folder `run`, which must not hold a run yet, from the shipped weights.

    Raises:
        OutputError: there is a run in the folder.
    """
    if any(run.glob("*/*.safetensors")):
        raise OutputError(
            f"{run} holds a run already; leave {option('from_shipped')} away to continue it"
        )
    shipped = folder()
    vae = AutoencoderKL.from_pretrained(shipped / "vae")
    with writing(run / "vae" / "normalised.safetensors") as temporary:
        save_file({name: value.contiguous() for name, value in vae.state_dict().items()}, temporary)
    unet = UNet2DConditionModel.from_pretrained(shipped / "unet")
    text_encoder = CLIPTextModel.from_pretrained(shipped / "text_encoder").float()
    judge = load_judge(shipped.parent / "judge.safetensors")
    stages: dict[str, dict[str, nn.Module]] = {
        "judge": {"judge": judge},
        "denoiser": {"unet": unet, "text_encoder": text_encoder},
        "decoder": {"decoder": vae.decoder, "post_quant_conv": vae.post_quant_conv},
    }
    card = json.loads((shipped.parent / "card.json").read_text())["stages"]
    for name, about in card.items():
        hours = about["hours_on_two_cores"]
        row = {"seconds": round(3600 * hours, 1), **about["last"]}
        (run / name).mkdir(parents=True, exist_ok=True)
        (run / name / "log.jsonl").write_text(json.dumps(row) + "\n")
        if name in stages:
            numbers = {key: str(row[key]) for key in ("step", "seconds")}
            _write_checkpoint(run / name / "checkpoint.safetensors", stages[name], numbers)


def _write_checkpoint(
    path: Path, modules: Mapping[str, nn.Module], numbers: Mapping[str, str]
) -> None:
    tensors: dict[str, Tensor] = {}
    for part, module in modules.items():
        for name, value in module.named_parameters():
            for kind in ("weight", "average"):
                tensors[f"{kind}/{part}.{name}"] = value.detach().contiguous().clone()
    with writing(path) as temporary:
        save_file(tensors, temporary, dict(numbers))
