"""`unsee report`: results as pages, made anew."""

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from unsee.commands import console


@dataclass(frozen=True)
class ReportOptions:
    """What `unsee report` takes."""

    folder: Positional[Path] = Path("benchmarks/results")
    """The folder of one result, or one that holds folders of results."""


def report(options: ReportOptions) -> None:
    """Make the figure and the page of a result again, or those of all results and an index."""
    from unsee.benchmarks.outcome import RESULT
    from unsee.benchmarks.report import write_index, write_report

    if (options.folder / RESULT).exists():
        console.say(f"the report is {write_report(options.folder)}")
        return
    for result in sorted(options.folder.glob(f"*/{RESULT}")):
        write_report(result.parent)
    console.say(f"all reports are linked from {write_index(options.folder)}")
