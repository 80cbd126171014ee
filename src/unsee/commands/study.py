"""`unsee study create | serve | analyse`: the user study of Sec. 5.1.2."""

import importlib.util
import shlex
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import arg

from unsee.commands import console
from unsee.commands.options import Optional, check_port
from unsee.erasing.options import recipes_own
from unsee.errors import MissingExtra, OptionError

if TYPE_CHECKING:
    from unsee.study.plan import StudyPlan
    from unsee.study.settings import Settings

MODULES = ("fastapi", "jinja2", "python_multipart", "sqlmodel", "uvicorn")


@dataclass(frozen=True)
class CreateOptions:
    """What `unsee study create` takes."""

    model: Optional[str] = None
    """emoji: a complete study from the embedded model. Without it, --from."""
    from_: Annotated[Path | None, arg(name="from", help_behavior_hint="(optional)")] = None
    """A folder with a folder for each artist, and perhaps a study.toml: docs/study.md."""
    settings: Optional[Path] = None
    """A study.toml: who runs the study, consent, labels; without it, with --from, the folder's."""
    out: Path = Path("study")
    """The folder to write."""
    systems: tuple[str, ...] = ("esd-x", "sld-medium", "negative")
    """With --model: the systems that keep an artist away, as in `unsee bench artists`."""
    artists: int = 5
    """With --model: how many artists are asked about."""
    pictures: int = 8
    """With --model: pictures of each artist and kind."""
    steps: Annotated[int | None, recipes_own("steps", "With --model: ")] = None
    work: Path = Path("out/study")
    """With --model: the folder of erasures and pictures: what is there is not made again."""


@dataclass(frozen=True)
class ServeOptions:
    """What `unsee study serve` takes; UNSEE_STUDY_PASSWORD in the environment opens /admin."""

    folder: Path = Path("study")
    """The study."""
    database: Optional[str] = None
    """SQLAlchemy URL; without it, $UNSEE_STUDY_DATABASE, or SQLite in the study's folder."""
    host: str = "127.0.0.1"
    """Address to listen at; 0.0.0.0 for all."""
    port: int = 8000
    """Port to listen at; 0 for any that is free."""
    invited_only: bool = False
    """Let in only who has a link from the admin page."""
    proxy: tuple[str, ...] = ()
    """Addresses of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed."""


@dataclass(frozen=True)
class AnalyseOptions:
    """What `unsee study analyse` takes."""

    folder: Path = Path("study")
    """The study."""
    database: Optional[str] = None
    """SQLAlchemy URL; without it, $UNSEE_STUDY_DATABASE, or SQLite in the study's folder."""
    out: Path = Path("study-results")
    """The folder to write: answers.csv, result.json, table.md, figure.png."""
    failed_checks: int = 0
    """Leave out participants who failed more attention checks than this."""
    overwrite: bool = False
    """Replace what an earlier analysis wrote."""


def create(options: CreateOptions) -> None:
    """Make a study from folders of pictures, or from the embedded model."""
    from unsee.benchmarks.worlds import world_named
    from unsee.study.plan import PLAN, check_labels, check_new
    from unsee.study.settings import FILE, Settings, read_settings

    if (options.model is None) == (options.from_ is None):
        raise OptionError("give one of --model emoji and --from FOLDER")
    check_new(options.out)
    if options.from_ is not None:
        for name in ("systems", "artists", "pictures", "steps", "work"):
            if getattr(options, name) != getattr(CreateOptions, name):
                raise OptionError(f"--{name} is for --model; with --from, the folders say it")
        given = options.settings or options.from_ / FILE
        settings = read_settings(given) if options.settings or given.exists() else Settings()
        plan = _make(options.from_, settings, options.out)
    else:
        if world_named(options.model or "") is None:
            raise OptionError(
                f"only emoji has real works of its own; put pictures by {options.model} and by the "
                "artists into folders, and name them by --from (docs/study.md)"
            )
        from unsee.study.from_emoji import SETTINGS, draw_folders, kinds_of

        kinds = kinds_of(options.systems)
        own = {kind: label for kind, label in SETTINGS.labels.items() if kind in kinds}
        settings = replace(SETTINGS, labels=own)
        if options.settings:
            settings = read_settings(options.settings, settings)
            check_labels(settings, kinds)
        with tempfile.TemporaryDirectory() as drawn:
            with console.watching("drawing") as watch:
                draw_folders(
                    Path(drawn),
                    options.systems,
                    artists=options.artists,
                    pictures=options.pictures,
                    work=options.work,
                    settings={} if options.steps is None else {"steps": options.steps},
                    watch=watch,
                )
            plan = _make(Path(drawn), settings, options.out)
    console.say(
        f"the study is in {options.out}: {len(plan.pictures)} pictures, "
        f"{len(plan.references)} artists, {len({kind for _, kind in plan.cells})} kinds, "
        f"{plan.length} questions and "
        f"{plan.settings.checks} checks for each participant"
    )
    if missing := [name for name in ("organiser", "contact") if not getattr(settings, name)]:
        console.say(
            f"participants are not told the {' and the '.join(missing)}: say so in "
            f"{options.out / PLAN}, or in a {FILE} before the study is made"
        )
    console.say(f"serve it: unsee study serve --folder {shlex.quote(str(options.out))}")


def _make(folder: Path, settings: "Settings", out: Path) -> "StudyPlan":
    from unsee.study.folders import find_pictures
    from unsee.study.plan import make_study

    with console.watching() as watch:
        return make_study(find_pictures(folder), settings, out, watch)


def serve(options: ServeOptions) -> None:
    """Serve a study: the pages of participants and, with a password, of its admin."""
    _require()
    check_port(options.port, lowest=0)
    from unsee.study import server

    site = server.open_site(options.folder, options.database, invited_only=options.invited_only)
    if site.logins is None:
        console.say(f"without a password in {server.PASSWORD} there is no admin page")

    def started(address: str) -> None:
        admin = f", its admin page at {address}/admin" if site.logins else ""
        console.say(f"the study is at {address}{admin}; Ctrl-C ends it")

    server.serve(site, options.host, options.port, proxy=options.proxy, started=started)


def analyse(options: AnalyseOptions) -> None:
    """Sum up the answers: means with intervals, the paper's Fig. 6, agreement, a CSV file."""
    _require()
    from unsee.study import analyse as analysis
    from unsee.study.plan import StudyPlan
    from unsee.study.server import open_store

    if options.failed_checks < 0:
        raise OptionError(f"--failed-checks must be 0 or more, not {options.failed_checks}")
    plan = StudyPlan.read(options.folder, served=False)
    store = open_store(plan, options.database, make=False)
    try:
        rows = store.rows()
    finally:
        store.close()
    findings = analysis.analyse(rows, plan, options.failed_checks)
    analysis.save(findings, rows, plan, options.out, overwrite=options.overwrite)
    console.say(findings.table)
    console.say(findings.summary)
    console.say(f"answers, table and figure are in {options.out}")


def _require() -> None:
    """Name the extra before the web framework is missed."""
    if any(importlib.util.find_spec(name) is None for name in MODULES):
        raise MissingExtra("the user study", "study")
