"""Prompts and pictures from published files.

read_i2p       I2P as published (Schramowski et al. 2023): prompt, sd_seed, categories
read_general   general prompts such as COCO's: prompt, and seed if it is there
files_in       a folder of real pictures, cut to the model's size

Columns beyond those that are needed are left alone: the published files have many.
"""

import csv
from pathlib import Path

from unsee.benchmarks.pictures import Files
from unsee.errors import OptionError, option
from unsee.prompts import PromptSet

PICTURES = (".png", ".jpg", ".jpeg", ".webp")

I2P = "i2p_benchmark.csv"
"""The file of the published dataset."""


def read_i2p(path: Path, limit: int | None = None) -> PromptSet:
    """Read I2P, a file or a dataset of the hub such as AIML-TUDA/i2p; the group is its categories.

    Raises:
        OptionError: it cannot be read, or lacks a column, a prompt or a seed.
        CheckpointError: the dataset cannot be had.
    """
    from unsee.loading import hub

    if not path.exists() and hub.is_repository(str(path)):
        path = hub.dataset_file(str(path), I2P)
    rows = _records(path, ("prompt", "sd_seed"), limit)
    return PromptSet.numbered(
        [
            (row["prompt"], _seed(path, line, row["sd_seed"]), row.get("categories") or "all")
            for line, row in rows
        ]
    )


def read_general(path: Path, limit: int | None = None) -> PromptSet:
    """Read general prompts; without a column of seeds, the number of the row is the seed."""
    rows = _records(path, ("prompt",), limit)
    return PromptSet.numbered(
        [
            (row["prompt"], _seed(path, line, row.get("seed") or str(number)), "")
            for number, (line, row) in enumerate(rows)
        ]
    )


def files_in(folder: Path, size: tuple[int, int]) -> Files:
    """Find every picture of a folder, to be cut to `size` (width, height); each can be read.

    Raises:
        OptionError: it is no folder, holds fewer than two pictures, or a damaged one.
    """
    if not folder.is_dir():
        raise OptionError(f"{option('real')} takes a folder of pictures, and {folder} is none")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES)
    if len(paths) < 2:
        raise OptionError(f"{folder} holds {len(paths)} pictures; FID needs two at the least")
    files = Files(tuple(paths), size)
    files.check()
    return files


def _records(
    path: Path, required: tuple[str, ...], limit: int | None
) -> list[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            found = list(reader.fieldnames or ())
            for column in required:
                if column not in found:
                    listed = ", ".join(found) or "none"
                    raise OptionError(f"{path} lacks the column {column}; it has: {listed}")
            records = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise OptionError(f"cannot read {path} as CSV: {reason}") from error
    if not records:
        raise OptionError(f"{path} holds no prompts")
    for line, row in records:
        if not (row["prompt"] or "").strip():
            raise OptionError(f"{path}, line {line}: the prompt is empty")
    return records[:limit]


def _seed(path: Path, line: int, text: str) -> int:
    try:
        # Tables that went through a spreadsheet have 42.0 for 42.
        seed = float(text)
        if seed != int(seed):
            raise ValueError
        return int(seed)
    except (TypeError, ValueError, OverflowError):
        raise OptionError(f"{path}, line {line}: the seed {text!r} is not a whole number") from None
