"""Checkpoints from the Hugging Face hub, of which only what is needed is downloaded, once.

is_repository   could this name be one?
download        the weights in one precision, the configs and the tokenizers -> their folder
configs         the same without weights
tokenizer       the folder of a tokenizer of its own
single_file     OWNER/NAME/FILE.safetensors -> the file
dataset_file    a file of a dataset

Without a network they answer from the cache.
"""

import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from unsee.errors import CheckpointError
from unsee.loading.families import Family, family
from unsee.loading.folder import DEFAULTS_FILE, INDEX, read_index, stored_as

_REPOSITORY = re.compile(r"\w[\w.-]*/\w[\w.-]*")
_FILE = re.compile(rf"({_REPOSITORY.pattern})/(.+\.safetensors)")
_TEXT = (".json", ".txt")


def is_repository(name: str) -> bool:
    """Tell whether `name` is written as OWNER/NAME."""
    return _REPOSITORY.fullmatch(name) is not None


def is_single_file(name: str) -> bool:
    """Tell whether `name` is written as OWNER/NAME/FILE.safetensors."""
    return _FILE.fullmatch(name) is not None


def download(name: str) -> Path:
    """Download a repository in the format of diffusers; returns its folder."""
    return _snapshot(name, with_weights=True)


def configs(name: str) -> Path:
    """Download all of a repository but its weights; returns its folder."""
    return _snapshot(name, with_weights=False)


def tokenizer(name: str) -> Path:
    """Download the tokenizer of a repository that is one, or has one at its top."""
    from huggingface_hub import snapshot_download

    patterns = [f"*{kind}" for kind in _TEXT]
    return Path(_reached(name, lambda: snapshot_download(name, allow_patterns=patterns)))


def single_file(name: str) -> Path:
    """Download one file."""
    from huggingface_hub import hf_hub_download

    match = _FILE.fullmatch(name)
    assert match is not None
    repository, file = match.groups()
    return Path(_reached(name, lambda: hf_hub_download(repository, file)))


def dataset_file(name: str, file: str) -> Path:
    """Download one file of a dataset."""
    from huggingface_hub import hf_hub_download

    return Path(_reached(name, lambda: hf_hub_download(name, file, repo_type="dataset")))


def _snapshot(name: str, *, with_weights: bool) -> Path:
    from huggingface_hub import hf_hub_download, list_repo_files, snapshot_download

    try:
        files = list_repo_files(name)
    # Connection, authorisation, missing repository: the hub's client raises many kinds.
    except Exception as error:
        return _cached(name, error)
    if INDEX not in files:
        single = [file for file in files if "/" not in file and file.endswith(".safetensors")]
        way = f"load {name}/{single[0]}" if single else "give one that has"
        raise CheckpointError(f"{name} on the hub has no {INDEX}, as diffusers writes it; {way}")
    index = Path(_reached(name, lambda: hf_hub_download(name, INDEX)))
    entry = family(read_index(index.parent)["_class_name"], name)
    patterns = _patterns(name, files, entry, with_weights=with_weights)
    return Path(_reached(name, lambda: snapshot_download(name, allow_patterns=patterns)))


def _patterns(name: str, files: list[str], family: Family, *, with_weights: bool) -> list[str]:
    """Choose among the files of a repository."""
    paths = [PurePosixPath(file) for file in files]
    patterns = [INDEX, DEFAULTS_FILE]
    for part in family.parts:
        inside = [path.name for path in paths if str(path.parent) == part]
        # The indices of shards are of no use without them.
        texts = [file for file in inside if file.endswith(_TEXT) and "safetensors" not in file]
        patterns += [f"{part}/{file}" for file in texts]
        if with_weights and part in family.models:
            _, chosen = stored_as(family.models[part], inside, f"{name}/{part} on the hub")
            patterns += [f"{part}/{file}" for file in chosen]
    return patterns


def _cached(name: str, error: Exception) -> Path:
    """Return what an earlier download left; if there is nothing, say why there is no other."""
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except Exception as none:
        raise _unreachable(name, error) from none


def _reached(name: str, fetch: Callable[[], str]) -> Any:
    try:
        return fetch()
    except Exception as error:
        raise _unreachable(name, error) from error


def _unreachable(name: str, error: Exception) -> CheckpointError:
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    repository = "/".join(name.split("/")[:2])
    if isinstance(error, GatedRepoError):
        reason = f"accept its licence at https://huggingface.co/{repository}, then `hf auth login`"
    elif isinstance(error, RepositoryNotFoundError):
        reason = f"there is no {repository}; if it is a private one, `hf auth login`"
    else:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return CheckpointError(
        f"there is no {name} on this machine, and it could not be had from the hub: {reason}"
    )
