"""The models in memory, and what visitors have the device do with them.

Studio   the library, the jobs, the models; erase, draw a pair, export
Pair     the same prompt and seed, drawn by the original and the erased model
"""

import functools
import logging
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from unsee.erasing.methods.registry import configured
from unsee.errors import OptionError, UnseeError, option, unknown_name
from unsee.exporting.formats import FORMATS, export
from unsee.loading import Model, check_device, check_name, load
from unsee.pictures.sheet import magnify
from unsee.running.files import writing
from unsee.sampling.draw import generate
from unsee.ui.erasures import Request, check_prompt, check_steps, erasure
from unsee.ui.job import Report, Snapshot, Work
from unsee.ui.jobs import MOST_WAITING, Jobs
from unsee.ui.library import SUFFIX, Library
from unsee.weights.erased import ErasedWeights

LOADED = 2
"""Models that stay in memory: the one that is erased from, and one to draw with."""
LONGEST_OWNER = 64
LEFT = "the page was stopped before it was done: go on, or drop it"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pair:
    """The same prompt and seed, drawn by the original and the erased model."""

    original: Image.Image
    erased: Image.Image


class Studio:
    """What the page has the device do."""

    def __init__(
        self,
        folder: Path,
        models: Sequence[str],
        *,
        fixed: bool = False,
        device: str | None = None,
        most_own: int = MOST_WAITING,
        most_steps: int | None = None,
    ) -> None:
        """Offer `models`; where they are `fixed`, visitors can name no other.

        Of a visitor, `most_own` erasures may wait or run at once, of `most_steps` steps each.
        What an earlier server left unfinished in `folder` is there to go on with.

        Raises:
            UnknownName: a model that cannot be one.
            OptionError: no model, a limit below 1, or a device that cannot be used here.
            OutputError: the folder cannot be written, or another page is served from it.
        """
        for name, most in (("most_own", most_own), ("most_steps", most_steps)):
            if most is not None and most < 1:
                raise OptionError(f"{option(name)} must be 1 or more, not {most}")
        if not models:
            raise OptionError(f"there is no model to offer; name one with {option('models')}")
        for name in models:
            check_name(name)
        if device is not None:
            check_device(device)
        self.library = Library(folder)
        self.models = tuple(models)
        self.fixed = fixed
        self.jobs = Jobs(most_own)
        self._device = device
        self._most_steps = most_steps
        self._loaded: dict[str, Model] = {}
        self._erased_from: str | None = None
        """The model of the erasure that runs, which holds it until it ends."""
        self.resumed = self._resume()
        """How many erasures an earlier server left."""

    def submit(self, owner: str, request: Request) -> str:
        """Queue an erasure; returns the id of its job."""
        if len(owner) > LONGEST_OWNER:
            raise OptionError("the browser has no name that this page gave it; reload the page")
        self.check_model(request.model)
        steps = request.settings.get("steps")
        if steps is None and request.recipe is not None:
            steps = getattr(configured(request.recipe, "", request.settings), "steps", None)
        check_steps(steps, self._most_steps)
        unfinished = self.library.unfinished
        with self.library.naming_no_folder():
            self._note(owner, request)
        try:
            return self.jobs.submit(
                owner,
                request.title,
                self._work(owner, request),
                discard=lambda: unfinished.forget(request.id),
            )
        except OptionError:
            unfinished.forget(request.id)
            raise

    def check_model(self, name: str) -> None:
        """Raise an UnknownName for a model that visitors must not name, or that cannot be one."""
        if not name.strip():
            raise OptionError("the model is empty; name one, for instance emoji")
        if name not in self.models:
            if self.fixed:
                raise unknown_name("model", name, self.models)
            check_name(name)

    def draw(self, file: str, prompt: str, seed: int) -> Pair:
        """Draw a prompt with the original model and with the erased one, from the same seed."""
        if not prompt.strip():
            raise OptionError("the prompt is empty; say what to draw")
        check_prompt(prompt)
        if not 0 <= seed < 2**63:
            raise OptionError(f"the seed must be between 0 and 2**63 - 1, not {seed}")
        erased = self._file(file)

        def errand() -> Pair:
            model = self._base(erased)
            original = generate(model, prompt, seed)
            with erased.applied(model):
                after = generate(model, prompt, seed)
            return Pair(magnify(original), magnify(after))

        return self.jobs.errand(errand)

    def export(self, file: str, kind: str) -> Path:
        """Write an erased file in another format; a folder as a zip archive of it."""
        if kind not in FORMATS:
            raise unknown_name("format", kind, FORMATS)
        erased = self._file(file)
        path = self.library.find(file)
        name = f"{path.stem}-{kind}"
        out = self.library.exports / (name if kind == "diffusers" else f"{name}{SUFFIX}")

        def errand() -> Path:
            export(erased, self._base(erased), kind, out, overwrite=True)
            return _zipped(out) if out.is_dir() else out

        with self.library.naming_no_folder():
            return self.jobs.errand(errand)

    def close(self) -> list[Snapshot]:
        """Stop what runs, after the step at hand; returns what the next server can go on with."""
        left = self.jobs.close()
        self.library.close()
        return left

    def _note(self, owner: str, request: Request) -> None:
        asked = {"owner": owner, **request.to_record()}
        self.library.unfinished.note(request.id, asked)

    def _work(self, owner: str, request: Request) -> Work:
        """Make the work of a job, whose model stays in memory as long as it runs."""
        unfinished = self.library.unfinished
        erase = erasure(request, self._load, self.library, self._most_steps)

        def work(report: Report) -> Path:
            self._erased_from = request.model
            try:
                with self.library.naming_no_folder():
                    # Again, where it failed before.
                    self._note(owner, request)
                    return erase(report)
            except Exception:
                # What failed before its first step has nothing to go on from.
                if not unfinished.state_of(request.id).exists():
                    unfinished.forget(request.id)
                raise
            finally:
                self._erased_from = None

        return work

    def _resume(self) -> int:
        """Take up what an earlier server left; returns how many erasures."""
        unfinished, resumed = self.library.unfinished, 0
        for id, asked in unfinished.notes().items():
            try:
                owner = str(asked.pop("owner"))
                request = Request.from_record(asked)
                self.check_model(request.model)
            except (KeyError, UnseeError) as error:
                _log.warning("the unfinished erasure %s is left out: %s", id, error)
                continue
            discard = functools.partial(unfinished.forget, request.id)
            self.jobs.resume(owner, request.title, self._work(owner, request), discard, LEFT)
            resumed += 1
        return resumed

    def _file(self, name: str) -> ErasedWeights:
        with self.library.naming_no_folder():
            return ErasedWeights.load(self.library.find(name))

    def _load(self, name: str) -> Model:
        """Load a model, or take it from memory; on the device's thread alone."""
        model = self._loaded.pop(name, None)
        if model is None:
            while len(self._loaded) >= LOADED:
                # What is erased from is held anyway: forgotten, it would be loaded twice.
                del self._loaded[next(one for one in self._loaded if one != self._erased_from)]
            model = load(name, device=self._device)
        # The last one used is the last to go.
        self._loaded[name] = model
        return model

    def _base(self, erased: ErasedWeights) -> Model:
        """Load what a file was made from; of a folder it knows only the name."""
        base = erased.provenance.base
        known = (*self._loaded, *self.models)
        folders = [name for name in known if Path(name).exists()]
        for name in known:
            if name == base:
                return self._load(name)
        for name in folders:
            if Path(name).resolve().name == base:
                return self._load(name)
        if self.fixed:
            raise unknown_name("model", base, self.models)
        return self._load(base)


def _zipped(folder: Path) -> Path:
    """Put a folder into an archive beside it; its weights would not get smaller by compression."""
    path = folder.with_name(f"{folder.name}.zip")
    with writing(path, overwrite=True) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, Path(folder.name) / file.relative_to(folder))
    return path
