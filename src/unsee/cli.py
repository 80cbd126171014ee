"""The `unsee` command: a table of verbs, and what surrounds each of them.

COMMANDS   verb -> function of one dataclass of options; a table inside it is a group of verbs
main       run a command line; what went wrong becomes one line on stderr and an exit status
resolve    the words of a command line -> the function and the words left for its options
parse      the words left -> the function's options, through tyro
"""

import contextlib
import dataclasses
import importlib.metadata
import io
import itertools
import os
import re
import shlex
import sys
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tyro
from rich.text import Text

from unsee.commands import console
from unsee.commands.bench import BENCH
from unsee.commands.card import card
from unsee.commands.compare import compare
from unsee.commands.demo import demo
from unsee.commands.emoji import build_atlas, check, train, train_censored
from unsee.commands.erase import erase
from unsee.commands.export import export
from unsee.commands.generate import generate
from unsee.commands.list import list_names
from unsee.commands.push import push
from unsee.commands.report import report
from unsee.commands.show import show
from unsee.commands.study import analyse, create, serve
from unsee.commands.ui import ui
from unsee.erasing.options import MethodOptions
from unsee.errors import OptionError, Stopped, UnseeError, unknown_name

Run = Callable[[Any], None]
Table = Mapping[str, "Run | Table"]

COMMANDS: Table = {
    "erase": erase,
    "generate": generate,
    "compare": compare,
    "show": show,
    "export": export,
    "card": card,
    "push": push,
    "list": list_names,
    "demo": demo,
    "ui": ui,
    "bench": BENCH,
    "report": report,
    "study": {
        "create": create,
        "serve": serve,
        "analyse": analyse,
    },
    "emoji": {
        "check": check,
        "train": train,
        "train-censored": train_censored,
        "build-atlas": build_atlas,
    },
}

ERROR, WRONG_INPUT, STOPPED = 1, 2, 130
"""Exit statuses: a fault of ours, input that the user can mend, Ctrl-C (128 + SIGINT)."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` and return its exit status."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        with console.plugin_warnings():
            _run(argv)
    except Exception as error:
        if os.environ.get("UNSEE_TRACEBACK") == "1":
            raise
        if isinstance(error, Stopped):
            _complain(f"{error.written(console.flag)}: {shlex.join(['unsee', *argv])}")
            return STOPPED
        if isinstance(error, UnseeError):
            _complain(f"error: {error.written(console.flag)}")
            return WRONG_INPUT
        _complain(
            f"error: {type(error).__name__}: {error} "
            "(a fault of unsee; set UNSEE_TRACEBACK=1 to see where)"
        )
        return ERROR
    except KeyboardInterrupt:
        _complain(f"stopped; the same command starts again: {shlex.join(['unsee', *argv])}")
        return STOPPED
    return 0


def _run(argv: Sequence[str]) -> None:
    if argv and argv[0] == "--version":
        sys.stdout.write(f"unsee {importlib.metadata.version('unsee')}\n")
        return
    words, run, rest = resolve(argv)
    if run is None:
        sys.stdout.write(_overview(words))
        return
    options = parse(run, shlex.join(["unsee", *words]), rest)
    # The libraries below speak of their own affairs; what matters reaches the user as an error.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
    run(options)


def resolve(argv: Sequence[str]) -> tuple[list[str], Run | None, list[str]]:
    """Split into the verbs, their function (None where the user wants the overview), the rest."""
    words: list[str] = []
    table: Run | Table = COMMANDS
    rest = list(argv)
    while isinstance(table, Mapping):
        if not rest or rest[0] in ("-h", "--help"):
            return words, None, []
        verb = rest.pop(0)
        if verb not in table:
            raise unknown_name(" ".join([*words, "command"]), verb, list(table))
        words.append(verb)
        table = table[verb]
    return words, table, rest


def parse(run: Run, prog: str, argv: Sequence[str]) -> Any:
    """Fill in the options that `run` takes; anything unknown is an OptionError in one line."""
    (options_type,) = (
        hint for name, hint in typing.get_type_hints(run).items() if name != "return"
    )
    if issubclass(options_type, MethodOptions):
        options_type = options_type.for_words(argv)
    _check_flags(options_type, argv)
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            options, strays = tyro.cli(
                options_type,
                prog=prog,
                description=run.__doc__,
                args=argv,
                return_unknown_args=True,
                config=(
                    tyro.conf.DisallowNone,
                    tyro.conf.FlagCreatePairsOff,
                    tyro.conf.PositionalMetavarFromFieldName,
                ),
            )
    except SystemExit as error:
        if not error.code:
            raise
        message = _in_one_line(complaint.getvalue()).rstrip(".")
        raise OptionError(f"{message}; see {prog} --help") from None
    if strays:
        raise OptionError(
            f"{strays[0]!r} is one word too many; put a phrase of several words in quotes, "
            f"or see {prog} --help"
        )
    return options


def _check_flags(options_type: Any, argv: Sequence[str]) -> None:
    """Refuse unknown flags before tyro takes the words after them for something else."""
    hints = typing.get_type_hints(options_type, include_extras=True)
    names = [field.name for field in dataclasses.fields(options_type)]
    # A field that would be a keyword of Python ends in an underscore: from_ is --from.
    named = {name.removesuffix("_"): hints[name] for name in names}
    flags = [console.flag(name) for name, hint in named.items() if not _positional(hint)]
    for word in itertools.takewhile(lambda word: word != "--", argv):
        flag = word.split("=")[0].replace("_", "-")
        if re.match("--?[A-Za-z]", word) and flag not in (*flags, "--help", "-h"):
            raise unknown_name("option", flag, flags)


def _positional(hint: Any) -> bool:
    (marker,) = typing.get_args(tyro.conf.Positional[str])[1:]
    return marker in typing.get_args(hint)[1:]


def _in_one_line(box: str) -> str:
    """Take the first paragraph out of the box that tyro draws around its message."""
    lines = [line.strip("│| ") for line in Text.from_ansi(box).plain.splitlines()]
    # The first line is the box's title, which has a rule below it where a terminal knows no frame.
    body = itertools.dropwhile(_is_rule, lines[1:])
    return " ".join(itertools.takewhile(lambda line: line and not _is_rule(line), body))


def _is_rule(line: str) -> bool:
    return bool(line) and not line.strip("─-+╭╮╰╯")


def _overview(words: Sequence[str]) -> str:
    table: Any = COMMANDS
    for word in words:
        table = table[word]
    prog = " ".join(["unsee", *words])
    lines = [f"usage: {prog} COMMAND [OPTIONS]", ""]
    for verb, entry in table.items():
        group = isinstance(entry, Mapping)
        help_line = ", ".join(entry) if group else (entry.__doc__ or "").splitlines()[0]
        lines.append(f"  {verb:<12} {help_line}")
    lines += ["", f"{prog} COMMAND --help shows the options of a command.", ""]
    return "\n".join(lines)


def _complain(message: str) -> None:
    sys.stderr.write("unsee: " + " ".join(message.split()) + "\n")
