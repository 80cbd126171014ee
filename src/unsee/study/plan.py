"""The made study: what is served.

    STUDY/plan.json      settings, and what each picture is; for the server alone
    STUDY/secret         the key that forms and logins are signed with
    STUDY/images/        every picture under a random name, all of one format and size

Stimulus        one picture: its name, artist, kind, and where it came from
StudyPlan           the study in memory
check_new      before long work: may the study be written there?
check_labels   before long work: is every label one of a kind that there is?
make_study     pictures -> a study folder, whole or not at all
"""

import hashlib
import json
import random
import secrets
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from PIL import Image, ImageOps

from unsee.errors import OptionError, OutputError, unknown_name
from unsee.running.files import cannot_write
from unsee.running.progress import Progress, Watch
from unsee.study.folders import Source
from unsee.study.kinds import REFERENCE, order_of
from unsee.study.settings import Settings

PLAN, SECRET, IMAGES = "plan.json", "secret", "images"
FORMAT = 1
QUALITY = 95
"""Of the JPEG files: what the compression changes is the same in all of them, and not seen."""

BACKUP = "restore it from a backup: a study that is made anew has other names for the pictures"
FORMS = (
    "restore it from a backup, or put 32 random bytes there: "
    "it signs forms, and answers do not depend on it"
)
DECIDING = ("questions", "checks", "side", "square")
"""Settings that answers depend on; all others are words, which may be mended while answers come."""

Cell = tuple[str, str]
"""An artist and a kind."""


@dataclass(frozen=True)
class Stimulus:
    """One picture of a study."""

    id: str
    """Random: the only name that leaves the server."""
    artist: str
    kind: str
    source: str
    """The file that it was made from."""


@dataclass(frozen=True)
class StudyPlan:
    """A made study."""

    folder: Path
    settings: Settings
    pictures: tuple[Stimulus, ...]
    file_hash: str
    """Of plan.json as it is: what a database of an earlier version of unsee belongs to."""

    @classmethod
    def read(cls, folder: Path, *, served: bool = True) -> Self:
        """Read a study folder; only one that is to be served needs its images.

        Raises:
            OptionError: the folder holds no study, or a damaged one.
        """
        try:
            text = (folder / PLAN).read_bytes()
        except OSError as error:
            raise OptionError(
                f"{folder} holds no study; make one: unsee study create --out {folder}"
            ) from error
        try:
            facts = json.loads(text)
            if facts["format"] != FORMAT:
                raise OptionError(
                    f"{folder / PLAN} is of another version of unsee; use the one that made it"
                )
            pictures = tuple(Stimulus(**one) for one in facts["pictures"])
            settings = Settings.of(facts["settings"], PLAN)
        except (ValueError, KeyError, TypeError) as error:
            raise OptionError(f"{folder / PLAN} is damaged; {BACKUP}") from error
        plan = cls(folder, settings, pictures, hashlib.sha256(text).hexdigest())
        for one in pictures if served else ():
            if not plan.path(one.id).is_file():
                raise OptionError(f"{plan.path(one.id)} is missing; {BACKUP}")
        return plan

    @cached_property
    def fingerprint(self) -> str:
        """Hash what answers depend on: a database belongs to it. Texts may change."""
        facts = [getattr(self.settings, name) for name in DECIDING]
        pictures = sorted((one.id, one.artist, one.kind) for one in self.pictures)
        return hashlib.sha256(json.dumps([facts, pictures]).encode()).hexdigest()

    @cached_property
    def by_id(self) -> dict[str, Stimulus]:
        """Every picture by its name."""
        return {one.id: one for one in self.pictures}

    @cached_property
    def cells(self) -> dict[Cell, list[str]]:
        """Pictures that can be asked for, by artist and kind."""
        return self._grouped(references=False)

    @cached_property
    def references(self) -> dict[str, list[str]]:
        """Works to show beside them, by artist."""
        return {artist: ids for (artist, _), ids in self._grouped(references=True).items()}

    @property
    def length(self) -> int:
        """Questions of a participant, attention checks apart."""
        return self.settings.questions or len(self.cells)

    def path(self, picture: str) -> Path:
        """Where a picture lies; `picture` has to be one of the plan's own ids."""
        return self.folder / IMAGES / f"{picture}.jpg"

    def secret(self) -> bytes:
        """Read the key that forms and logins are signed with."""
        try:
            key = (self.folder / SECRET).read_bytes()
        except OSError as error:
            raise OptionError(
                f"cannot read {self.folder / SECRET}: {error.strerror}; {FORMS}"
            ) from error
        if len(key) < 32:
            raise OptionError(f"{self.folder / SECRET} is too short; {FORMS}")
        return key

    def _grouped(self, *, references: bool) -> dict[Cell, list[str]]:
        groups: dict[Cell, list[str]] = {}
        for one in self.pictures:
            if (one.kind == REFERENCE) == references:
                groups.setdefault((one.artist, one.kind), []).append(one.id)
        return groups


def check_new(out: Path) -> None:
    """Raise an OutputError, before any work is spent, unless `out` is new or an empty folder."""
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise OutputError(f"{out} exists; choose another folder for the study")
    except OSError as error:
        raise cannot_write(out, error) from error


def make_study(
    pictures: Sequence[Source],
    settings: Settings,
    out: Path,
    watch: Watch | None = None,
) -> StudyPlan:
    """Give every picture a random name, one format and one size, and write the study to `out`.

    Raises:
        OptionError: a file is no picture.
        UnknownName: the settings label a kind that no picture is of.
        OutputError: `out` exists, or cannot be written.
    """
    check_new(out)
    check_labels(settings, {one.kind for one in pictures} - {REFERENCE})
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as place:
            folder = Path(place) / "study"
            _write(folder, pictures, settings, watch)
            if out.exists():
                out.rmdir()
            folder.rename(out)
    except OSError as error:
        raise cannot_write(out, error) from error
    return StudyPlan.read(out)


def check_labels(settings: Settings, kinds: Iterable[str]) -> None:
    """Raise an UnknownName where a label is for none of `kinds`."""
    kinds = sorted(kinds, key=order_of)
    for kind in settings.labels:
        if kind not in kinds:
            raise unknown_name("kind in [labels]:", kind, kinds)


def _write(
    folder: Path,
    sources: Sequence[Source],
    settings: Settings,
    watch: Watch | None,
) -> None:
    # Which brings torch: who serves a study does not need it.
    from unsee.pictures.reading import read_pictures

    (folder / IMAGES).mkdir(parents=True)
    named = [(secrets.token_urlsafe(16), one) for one in sources]
    # By lot, so that not even the time of a file tells of its kind.
    random.SystemRandom().shuffle(named)
    began = time.monotonic()
    for done, (name, one) in enumerate(named, start=1):
        (picture,) = read_pictures([one.path])
        _fit(picture, settings).save(
            folder / IMAGES / f"{name}.jpg", quality=QUALITY, subsampling=0
        )
        if watch is not None:
            seconds = time.monotonic() - began
            watch(Progress(done=done, total=len(named), what="pictures", seconds=seconds))
    facts = {
        "format": FORMAT,
        "settings": {name: value for name, value in asdict(settings).items() if value is not None},
        "pictures": [
            asdict(Stimulus(name, one.artist, one.kind, "/".join(one.path.parts[-3:])))
            for name, one in sorted(named, key=lambda pair: pair[1].path)
        ],
    }
    (folder / PLAN).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    secret = folder / SECRET
    secret.touch(mode=0o600)
    secret.write_bytes(secrets.token_bytes(32))


def _fit(picture: Image.Image, settings: Settings) -> Image.Image:
    size = (settings.side, settings.side)
    if settings.square:
        return ImageOps.fit(picture, size, Image.Resampling.LANCZOS)
    return ImageOps.contain(picture, size, Image.Resampling.LANCZOS)
