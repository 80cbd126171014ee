"""A card's folder onto the hub: every file in one commit.

Push   what became of it
push     look at the folder, find or create the repository, commit

The token is the one of `hf auth login` or of the environment (HF_TOKEN): it is never an argument,
and no message shows it. Errors of the hub become HubErrors that say what to do.
"""

import contextlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from unsee.errors import CardError, HubError, option

if TYPE_CHECKING:
    from huggingface_hub import HfApi, ModelInfo
    from huggingface_hub.errors import HfHubHTTPError


@dataclass(frozen=True)
class Push:
    """What became of a push."""

    url: str
    """Page of the repository."""
    paths: tuple[str, ...]
    """Files that it now has from the folder."""
    created: bool
    """Whether the repository is new."""
    changed: bool
    """Whether there was anything to commit."""
    removed: tuple[str, ...] = ()
    """Pictures of an earlier card that this one does not show."""
    remarks: tuple[str, ...] = ()
    """What the hub has to say about the card."""


def push(place: Path, repository: str, *, private: bool = False, overwrite: bool = False) -> Push:
    """Upload the card's folder `place`, or the one that the erased file `place` lies in.

    A repository that is missing is created, for nobody else's eyes where `private` is asked for.
    With `overwrite`, files of an earlier card are replaced, and its pictures that are on this one
    no more are removed.

    Raises:
        OptionError: `repository` is not OWNER/NAME.
        CardError: `place` is no card's folder, something in it is no part of the card, or the card
            says to download the file from another repository.
        HubError: there is no token, the hub is out of reach, it refuses, or somebody else changed
            the repository in between.
    """
    from unsee.card.folder import card_files, is_made_picture
    from unsee.card.metadata import check_repository

    check_repository(repository, option("repo"))
    files = card_files(_folder(place))
    if files.repository not in (None, repository):
        raise CardError(
            f"the card says to download {files.weights} from {files.repository}, not from "
            f"{repository}; push it there, or make it again with {option('repo')} {repository}"
        )
    token = _token()
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

    api = HfApi(token=token)
    with _in_our_words(repository, token):
        info, created = _find_or_create(api, repository, files.paths, private, overwrite)
        remote = [one.rfilename for one in info.siblings or ()]
        stale = [path for path in remote if is_made_picture(path) and path not in files.paths]
        removed = tuple(stale) if overwrite else ()
        with warnings.catch_warnings(record=True) as records:
            warnings.simplefilter("always")
            commit = api.create_commit(
                repository,
                [
                    *(CommitOperationAdd(path, files.folder / path) for path in files.paths),
                    *(CommitOperationDelete(path) for path in removed),
                ],
                commit_message=f"{files.weights} and its card",
                # What was looked at above: else the work of others might be replaced unseen.
                parent_commit=info.sha,
            )
    return Push(
        url=f"{api.endpoint}/{repository}",
        paths=files.paths,
        created=created,
        changed=commit.oid != info.sha,
        removed=removed,
        remarks=tuple(
            " ".join(str(one.message).split())
            for one in records
            if issubclass(one.category, UserWarning)
        ),
    )


def _folder(place: Path) -> Path:
    """Find the folder that is meant."""
    from unsee.card.folder import README

    if place.is_dir():
        return place
    if not place.is_file():
        raise CardError(f"there is no {place}; `unsee card FILE` makes the folder to push")
    if place.suffix != ".safetensors" or not (place.parent / README).is_file():
        raise CardError(
            f"{place} is not the erased file of a card's folder; `unsee card` makes one of an "
            "erased file, and what else there is cannot be pushed"
        )
    return place.parent


def _token() -> str:
    from huggingface_hub import get_token

    token = get_token()
    if token is None:
        raise HubError(
            "the hub does not know who you are; log in with `hf auth login`, or put a token that "
            "may write into the environment as HF_TOKEN"
        )
    return token


def _find_or_create(
    api: "HfApi", repository: str, paths: tuple[str, ...], private: bool, overwrite: bool
) -> "tuple[ModelInfo, bool]":
    """Return what is known of the repository, and whether it had to be created."""
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        info = api.model_info(repository)
    except RepositoryNotFoundError:
        api.create_repo(repository, private=True if private else None)
        return api.model_info(repository), True
    if private and not info.private:
        raise HubError(
            f"{repository} is there already, and everybody can see it; make it private in its "
            f"settings on the hub, or leave {option('private')} away"
        )
    remote = {one.rfilename for one in info.siblings or ()}
    conflicts = sorted(remote & set(paths))
    if conflicts and not overwrite:
        raise HubError(
            f"{repository} has a {conflicts[0]} already; replace it with {option('overwrite')}, or "
            "choose "
            "another name"
        )
    return info, False


@contextlib.contextmanager
def _in_our_words(repository: str, token: str) -> Iterator[None]:
    """Turn whatever the hub's client raises into a HubError in one line."""
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    try:
        yield
    except HubError:
        raise
    except OfflineModeIsEnabled as error:
        raise HubError(
            "nothing can be pushed offline; unset HF_HUB_OFFLINE, and try again"
        ) from error
    except HfHubHTTPError as error:
        raise HubError(_refusal(repository, error).replace(token, "TOKEN")) from error
    # Connections, time-outs, answers that are none, and the threads of uploads: of many kinds.
    except Exception as error:
        refused = error.__cause__
        if isinstance(refused, HfHubHTTPError):
            raise HubError(_refusal(repository, refused).replace(token, "TOKEN")) from error
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise HubError(
            f"{repository} could not be pushed ({reason}); is the network there? The same command "
            "starts again".replace(token, "TOKEN")
        ) from error


def _refusal(repository: str, error: "HfHubHTTPError") -> str:
    """Say what the hub's answer means."""
    status = error.response.status_code
    remark = f" (the hub says: {error.server_message})" if error.server_message else ""
    if status == 401:
        return f"the hub does not accept the token; log in again with `hf auth login`{remark}"
    if status in (403, 404):
        owner = repository.split("/", maxsplit=1)[0]
        return (
            f"this token may not write to {repository}; use one that may, of {owner} or a member"
            f"{remark}"
        )
    if status in (409, 412):
        return f"{repository} was changed by somebody else in the meantime; push again{remark}"
    if status == 429:
        return f"the hub asks to wait before anything more is pushed{remark}; try again later"
    if status >= 500:
        return f"the hub has a fault of its own ({status}); try again later"
    return f"the hub refuses {repository} ({status}){remark}"
