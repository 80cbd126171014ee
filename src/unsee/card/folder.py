"""The folder of a card: written whole, and read back with nothing else in it.

    README.md                 the card
    NAME.safetensors          the erased file
    images/before-after.png   the same prompts and seeds before and after
    images/result-N.png       the plots of a result
    LICENSE...                a licence, where somebody put one there

CardFiles    what lies in such a folder
card_files   look, and refuse what is no part of it
is_made_picture   is this the path of a picture of a card?
check_card   may a card be written there?
write_card   write one
"""

import hashlib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from unsee.card.text import SHEET, Extras, Weights, figure, readme
from unsee.card.use import downloaded_from
from unsee.concepts import slug
from unsee.errors import CardError
from unsee.exporting.folder import check_folder, writing_folder
from unsee.running.files import writing
from unsee.weights.erased import ErasedWeights

README = "README.md"
_PART = re.compile(rf"{re.escape(README)}|[^/]+\.safetensors|images/[^/]+\.png|LICEN[SC]E[^/]*")
_PICTURE = re.compile(rf"{re.escape(SHEET)}|{re.escape(figure(0)).replace('0', '[0-9]+')}")
_PLAIN_NAME = re.compile(r"\w[\w.-]*\.safetensors", re.ASCII)


@dataclass(frozen=True)
class CardFiles:
    """What lies in the folder of a card."""

    folder: Path
    weights: str
    """Name of the erased file."""
    paths: tuple[str, ...]
    """Every file, this one too, by its path in the folder."""
    repository: str | None = None
    """OWNER/NAME that the card says to download the file from."""


def card_files(folder: Path) -> CardFiles:
    """List the files of a card's folder.

    Raises:
        CardError: it is no such folder, something in it is no part of a card, or the card is not
            about the file beside it.
        ErasedFileError: the file is no erased file, or not a whole one.
    """
    if not (folder / README).is_file():
        raise CardError(f"{folder} is no folder of a card; `unsee card FILE` makes one")
    text = (folder / README).read_text(encoding="utf-8", errors="replace")
    paths = _parts(folder)
    weights = [path for path in paths if path.endswith(".safetensors")]
    if len(weights) != 1:
        raise CardError(
            f"{folder} holds {len(weights)} .safetensors files, and a card is about one; "
            "make it again with `unsee card`"
        )
    for path in paths:
        if path.startswith("images/") and path not in text:
            raise CardError(f"{folder / path} is not on the card; remove it, or show it there")
    ErasedWeights.load(folder / weights[0])
    if _sha256(folder / weights[0]) not in text:
        raise CardError(
            f"the card in {folder} is not about the {weights[0]} in it, whose sha256 it does not "
            "name; make it again with `unsee card`"
        )
    return CardFiles(folder, weights[0], paths, downloaded_from(text, weights[0]))


def is_made_picture(path: str) -> bool:
    """Whether a path is one that pictures of a card have, whatever is on this card."""
    return _PICTURE.fullmatch(path) is not None


def check_card(out: Path, *, overwrite: bool = False) -> None:
    """Raise an error, before any work is spent, where no card can be written."""
    check_folder(out, overwrite=overwrite, known_by=README)
    if out.is_dir() and any(out.iterdir()):
        _parts(out)


def write_card(
    file: Path, out: Path, extras: Extras | None = None, *, overwrite: bool = False
) -> CardFiles:
    """Write the folder of the card of an erased file, whole or not at all.

    Raises:
        ErasedFileError: `file` is no erased file.
        CardError, OutputError: the folder exists, holds other things or cannot be written.
    """
    extras = extras or Extras()
    erased = ErasedWeights.load(file)
    out = out.resolve()
    check_card(out, overwrite=overwrite)
    if file.resolve().parent == out:
        raise CardError(f"{file} lies in {out}, which would be replaced; move it elsewhere")
    name = file.name if _PLAIN_NAME.fullmatch(file.name) else f"{slug(file.stem)}.safetensors"
    with writing_folder(out, overwrite=overwrite, known_by=README) as folder:
        shutil.copyfile(file, folder / name)
        weights = Weights(
            name=name,
            size=file.stat().st_size,
            sha256=_sha256(folder / name),
            recipe=erased.provenance,
            tensors=len(erased.tensors),
            numbers=sum(tensor.numel() for tensor in erased.tensors.values()),
            is_lora=erased.is_lora,
        )
        (folder / README).write_text(readme(weights, extras), encoding="utf-8")
        _write_images(folder, extras)
        for licence in sorted(out.glob("LICEN[SC]E*")):
            shutil.copyfile(licence, folder / licence.name)
    return card_files(out)


def _write_images(folder: Path, extras: Extras) -> None:
    if extras.sheet is not None:
        with writing(folder / SHEET) as temporary:
            # Pixels alone: what else a picture's file may hold is nobody's business.
            extras.sheet.image.convert("RGB").save(temporary, format="PNG", optimize=True)
    for number, result in enumerate(extras.measured):
        if result.figure is not None:
            with writing(folder / figure(number)) as temporary:
                shutil.copyfile(result.figure, temporary)


def _parts(folder: Path) -> tuple[str, ...]:
    """List every file below a folder; a CardError for one that is no part of a card."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir()]
    for path in paths:
        # A link may lead anywhere.
        if path.is_symlink() or not _PART.fullmatch(path.relative_to(folder).as_posix()):
            raise CardError(f"{path} is no part of a card; move it elsewhere")
    return tuple(path.relative_to(folder).as_posix() for path in paths)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
