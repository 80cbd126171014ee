"""How to put an erased file onto its base: lines that run as they stand.

use               download, Python, diffusers, command line
downloaded_from   the section back -> the repository that it says to download from
"""

import contextlib
import json
import shlex

from unsee.card.markdown import block, code
from unsee.loading import MODELS

_ELSEWHERE = "# where your copy of it lies"
SINGLE_FILE = ".safetensors"
_DOWNLOAD = ("hf", "download")


def use(file: str, base: str, repository: str | None, own: str | None, prompt: str) -> str:
    """Write the section.

    `repository` is the hub id of the base and `own` that of the card, where they are known. A base
    that is neither on the hub nor in unsee is called by the name that it had.
    """
    loadable = base in MODELS or base.startswith(f"{repository}/") or base == repository
    name = base if loadable else repository or base
    local = not loadable and repository is None
    note = f"  {_ELSEWHERE}" if local else ""
    parts = [_download(file, own)]
    parts.append(
        block(
            "python",
            "import unsee",
            "",
            f"model = unsee.load({_text(name)}){note}",
            f"unsee.apply(model, {_text(file)})",
            f'model.generate({_text(prompt)}, 0).save("after.png")',
        )
    )
    if not name.endswith(SINGLE_FILE):
        parts += ["On a pipeline of diffusers:", block("python", *_diffusers(file, name, prompt))]
    model = [] if loadable else ["--model", name]
    compare = ["unsee", "compare", file, "--prompts", " ".join(prompt.split()), *model]
    to = "checkpoint" if name.endswith(SINGLE_FILE) else "diffusers"
    out = "erased.safetensors" if to == "checkpoint" else "erased"
    export = ["unsee", "export", file, "--to", to, "--out", out, *model]
    parts += [
        (
            "On the command line, the first for a sheet of before and after, the second for the "
            "whole model without the concept:"
        ),
        block("console", shlex.join(compare), shlex.join(export)),
    ]
    return "\n\n".join(parts)


def downloaded_from(text: str, file: str) -> str | None:
    """Find the OWNER/NAME that a card says to download `file` from; None where it names none."""
    for line in text.splitlines():
        with contextlib.suppress(ValueError):
            match shlex.split(line) if line.startswith(" ".join(_DOWNLOAD)) else []:
                case [_, _, own, name, *_] if name == file:
                    return own
    return None


def _download(file: str, own: str | None) -> str:
    if own is None:
        return f"Download {code(file)} from the files of this page. With `unsee` installed:"
    return "\n\n".join(
        [
            block("console", shlex.join([*_DOWNLOAD, own, file, "--local-dir", "."])),
            "With `unsee` installed:",
        ]
    )


def _diffusers(file: str, name: str, prompt: str) -> list[str]:
    shipped = name in MODELS
    place = "model.folder()" if shipped else _text(name)
    return [
        "import unsee",
        "from diffusers import DiffusionPipeline",
        *(["from unsee.emoji import model"] if shipped else []),
        "",
        f"pipe = DiffusionPipeline.from_pretrained({place})",
        f"unsee.apply(pipe, {_text(file)})",
        f'pipe({_text(prompt)}).images[0].save("after.png")',
    ]


def _text(words: str) -> str:
    """Write a string as Python has it; JSON's are of the same form."""
    return json.dumps(words, ensure_ascii=False)
