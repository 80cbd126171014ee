"""Make a checkpoint in the size of Stable Diffusion 1.4, on random weights in bfloat16.

    python benchmarks/engine/checkpoint.py FOLDER [--pixels 128]

Its U-Net says that it draws PIXELS, so that both programs work at that resolution. The tokenizer
is that of `emoji`. FOLDER takes 2.1 GB.
"""

import argparse
import json
import shutil
from pathlib import Path

import torch

from unsee.emoji import model
from unsee.loading.architectures import ARCHITECTURES
from unsee.loading.families import FAMILIES


def make(folder: Path, pixels: int) -> None:
    """Write the folder, unless it is there."""
    if (folder / "done").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    ARCHITECTURES["sd1"].write(folder)
    shutil.copytree(model.folder() / "tokenizer", folder / "tokenizer", dirs_exist_ok=True)
    torch.manual_seed(0)
    for part, kind in FAMILIES["StableDiffusionPipeline"].models.items():
        config = getattr(kind, "config_class", None)
        made = (
            kind.from_config(kind.load_config(folder / part))
            if config is None
            else kind(config.from_pretrained(folder / part))
        )
        made.to(torch.bfloat16).save_pretrained(folder / part)
    path = folder / "unet" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "sample_size": pixels // 8}))
    index = folder / "model_index.json"
    record = json.loads(index.read_text())
    record |= {"safety_checker": [None, None], "feature_extractor": [None, None]}
    record["requires_safety_checker"] = False
    index.write_text(json.dumps(record))
    (folder / "done").touch()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pixels", type=int, default=128)
    arguments = parser.parse_args()
    make(arguments.folder, arguments.pixels)
