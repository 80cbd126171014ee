"""The same erasures by two versions of unsee: are the tensors the same, bit for bit?

    python benchmarks/parity/commits.py --base e79cfb3 --out benchmarks/results/parity-commits.json

Seven erasures of the embedded model, short ones that pass through every part of the training: a
style with contexts and prompts to preserve, an object by esd-u, low-rank factors, latents of the
edited model, pictures, a concept out of another, two concepts. Each is made in a process of its
own, from the source tree of the base commit and from this one, by the public door alone.
"""

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]

ERASURES = {
    "style, contexts and preserve": {
        "concepts": ["in the style of twemoji"],
        "recipe": "emoji-style",
        "settings": {
            "steps": 30,
            "rollouts": 4,
            "preserve": ["cat in the style of noto", "church in the style of blob"],
            "preserve_weight": 2.0,
        },
    },
    "object, esd-u": {
        "concepts": ["church"],
        "recipe": "emoji-object",
        "settings": {"steps": 12, "rollouts": 4, "reuse": 2},
    },
    "low-rank factors": {
        "concepts": ["cat"],
        "recipe": "emoji",
        "settings": {"steps": 15, "rollouts": 2, "lora_rank": 4},
    },
    "latents of the edited model": {
        "concepts": ["cat"],
        "recipe": "paper",
        "settings": {"steps": 6, "batch": 3, "sampler_steps": 10, "lr": 1e-4},
    },
    "pictures": {
        "concepts": ["The Starry Night over the City"],
        "recipe": "emoji",
        "settings": {"steps": 8, "source": "images", "method": "esd-x-strict"},
        "picture": True,
    },
    "out of another concept": {
        "concepts": [{"phrase": "cat", "erase_from": "cat in the style of noto"}],
        "recipe": "emoji",
        "settings": {"steps": 12, "rollouts": 2, "sampler": "dpm++", "sampler_steps": 8},
    },
    "two concepts, one with a synonym": {
        "concepts": [{"phrase": "dog", "synonyms": ["pet"]}, "car"],
        "recipe": "emoji",
        "settings": {"steps": 12, "rollouts": 3, "method": "selfattn"},
    },
}


def erase_all() -> None:
    """Make every erasure with whatever unsee this process imports; a line of JSON for each."""
    import torch
    from PIL import Image

    import unsee

    torch.set_num_threads(1)
    model = unsee.load("emoji")
    for name, erasure in ERASURES.items():
        concepts = [
            unsee.Concept(**{**one, "synonyms": tuple(one.get("synonyms", ()))})
            if isinstance(one, dict)
            else one
            for one in erasure["concepts"]
        ]
        config = unsee.EraseConfig.from_recipe(erasure["recipe"], **erasure["settings"])
        images = [Image.effect_mandelbrot((64, 64), (-2, -1, 1, 1), 40)]
        pictures = {"images": images} if erasure.get("picture") else {}
        erased = unsee.erase(model, concepts, config, **pictures)
        digest = hashlib.sha256()
        for key in sorted(erased.tensors):
            tensor = erased.tensors[key].contiguous()
            digest.update(f"{key} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
            digest.update(tensor.view(torch.uint8).numpy().tobytes())
        row = {"erasure": name, "tensors": len(erased.tensors), "sha256": digest.hexdigest()}
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()


def rows_of(source: Path) -> list[dict[str, object]]:
    """Run `erase_all` with the unsee that lies in `source`."""
    environment = os.environ | {"PYTHONPATH": str(source), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, __file__, "--erase"]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def commit(name: str) -> str:
    """The hash of a commit."""
    return subprocess.check_output(["git", "rev-parse", name], cwd=HERE, text=True).strip()


def main() -> int:
    """Compare, write the result, return 0 if all tensors are the same."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", default="e79cfb3", help="commit to compare with")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--erase", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.erase:
        erase_all()
        return 0
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(
            ["git", "archive", options.base, "src"], cwd=HERE, check=True, stdout=subprocess.PIPE
        )
        subprocess.run(["tar", "x", "-C", folder], input=archive.stdout, check=True)
        base = rows_of(Path(folder) / "src")
    ours = rows_of(HERE / "src")
    rows = [
        {**before, "ours": after["sha256"], "same": before == after}
        for before, after in zip(base, ours, strict=True)
    ]
    import diffusers
    import torch

    result = {
        "base": commit(options.base),
        "machine": platform.machine(),
        "versions": {"torch": torch.__version__, "diffusers": diffusers.__version__},
        "same": all(row["same"] for row in rows),
        "erasures": rows,
    }
    text = json.dumps(result, indent=1) + "\n"
    if options.out is not None:
        options.out.write_text(text)
    sys.stdout.write(text)
    return 0 if result["same"] else 1


if __name__ == "__main__":
    sys.exit(main())
