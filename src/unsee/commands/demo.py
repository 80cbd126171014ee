"""`unsee demo`: erase one artist's style from emoji, show it and measure it.

demo      erase, draw the sheet, count what the judge recognises before and after
SHOWN     the objects on the sheet
EVERY     which of the objects are counted, in every artist's style
"""

from dataclasses import dataclass
from pathlib import Path

from unsee.commands import console
from unsee.commands.erase import erase_into

RECIPE = "emoji-style"
SHOWN = ("church", "cat", "penguin")
EVERY = 3
"""Every third object of the cast is counted: enough for a table, and quick. They are others than
those that recipes name."""


@dataclass(frozen=True)
class DemoOptions:
    """What `unsee demo` takes."""

    artist: str = "twemoji"
    """Whose style to erase: one of the artists that `unsee list` shows."""
    neighbour: str = "noto"
    """Whose style to show beside it."""
    out: Path = Path("demo")
    """The folder to write to."""
    overwrite: bool = False
    """Replace what an earlier demonstration wrote."""


def demo(options: DemoOptions) -> None:
    """Erase one artist's style from emoji; draw before and after, and measure both."""
    import unsee
    from unsee.benchmarks.canvas.canvas import Canvas, Target, beside, look, retention
    from unsee.emoji import cast
    from unsee.emoji.evaluators import load_judge
    from unsee.errors import unknown_name
    from unsee.pictures.compare import compare, heading
    from unsee.running.files import check_output

    for artist in (options.artist, options.neighbour):
        if artist not in cast.ARTIST_NAMES:
            raise unknown_name("artist", artist, cast.ARTIST_NAMES)
    weights = options.out / f"{options.artist.replace(' ', '-')}.safetensors"
    sheet = options.out / "before-after.png"
    for path in (weights, sheet):
        check_output(path, overwrite=options.overwrite)
    model = unsee.load("emoji")

    target = Target.named(options.artist)
    concept = unsee.Concept(target.phrase)
    config = unsee.EraseConfig.from_recipe(RECIPE, preserve=beside(target))
    console.say(f"erasing {options.artist!r} from emoji, in about a minute on two quiet cores")
    erased = erase_into(weights, model, concept, config, overwrite=options.overwrite)
    console.say(f"erased {options.artist!r} from emoji: {weights}")

    rows = unsee.PromptSet.cross(
        [
            f"{thing} in the style of {artist}"
            for artist in (options.artist, options.neighbour)
            for thing in SHOWN
        ],
        seeds=[0],
    )
    with console.drawing() as report:
        shown = compare(model, [(heading("after", erased), erased)], rows, progress=report)
    shown.save(sheet, overwrite=options.overwrite)
    console.say(f"drew the same prompts before and after, from the same seeds: {sheet}")

    judge = load_judge()
    whole = Canvas.whole()
    canvas = whole[whole.objects % EVERY == 1]
    with console.drawing() as report:
        before = retention(canvas, look(model, canvas, judge, report), target)
    with erased.applied(model), console.drawing() as report:
        after = retention(canvas, look(model, canvas, judge, report), target)
    console.say()
    console.say(f"{f'of {len(canvas)} pictures by each model':<46}  before   after")
    for what, rate in {
        f"{options.artist}'s style is not recognised (UA)": "ua",
        "the other artists' styles are (IRA)": "ira",
        "objects in the other styles are (CRA)": "cra",
        f"objects asked for in {options.artist}'s style are": "content",
    }.items():
        console.say(f"{what:<46} {getattr(before, rate)!s:>7} {getattr(after, rate)!s:>7}")
