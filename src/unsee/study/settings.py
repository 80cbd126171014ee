"""study.toml: what the one who runs a study can say about it.

Settings        every setting and its default
read_settings   a TOML file -> Settings; anything unknown is refused
"""

import tomllib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from unsee.errors import OptionError, unknown_name

FILE = "study.toml"

CONSENT = """
You will see five works by one artist and one more picture, and say how confident you are that the
same artist made it. Some of the pictures were made by people, some by computer programs. There are
no right answers that you could miss: we want your impression.

A few questions only check that the pictures are looked at.

Taking part is voluntary. You can pause at any time and go on later, or stop, and you can have
everything you answered deleted.
"""


@dataclass(frozen=True)
class Settings:
    """Settings of a study."""

    title: str = "Did the same artist make it?"
    """Heading of the pages."""
    organiser: str = ""
    """Who runs the study: shown before consent."""
    contact: str = ""
    """How to reach them: shown before consent and at the end."""
    consent: str = CONSENT
    """What a participant agrees to; an empty line begins a new paragraph. The page
    says by itself what is kept."""
    questions: int | None = None
    """Pictures that each participant rates; without it, one of every (artist, kind)."""
    checks: int = 2
    """Questions that check attention, on top of them."""
    side: int = 512
    """Pixels of a picture's longer side: all pictures get the same, so that none stands out."""
    square: bool = True
    """Cut all pictures to squares, so that the shape does not tell where one comes from."""
    labels: dict[str, str] = field(default_factory=dict)
    """Names of kinds in the figure, where the folder's name is not enough."""

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        if self.questions is not None and not 1 <= self.questions <= 10_000:
            raise OptionError(f"questions must be between 1 and 10000, not {self.questions}")
        if not 0 <= self.checks <= 100:
            raise OptionError(f"checks must be between 0 and 100, not {self.checks}")
        if not 16 <= self.side <= 4096:
            raise OptionError(f"side must be between 16 and 4096, not {self.side}")
        if not self.title.strip() or not self.consent.strip():
            raise OptionError("title and consent must not be empty: participants read both")

    @classmethod
    def of(cls, values: dict[str, Any], where: object) -> Self:
        """Take settings from a table, naming `where` it came from in what is refused.

        Raises:
            UnknownName: a setting that does not exist.
            OptionError: a value of another type, or out of range.
        """
        types = {
            "questions": int, "checks": int, "side": int, "square": bool, "labels": dict,
        }  # fmt: skip
        names = [one.name for one in fields(cls)]
        for name, value in values.items():
            if name not in names:
                raise unknown_name(f"setting in {where}:", name, names)
            wanted = types.get(name, str)
            # bool is a kind of int, but `checks = true` is a mistake.
            if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
                raise OptionError(
                    f"{name} in {where} must be of type {wanted.__name__}, "
                    f"not {type(value).__name__}"
                )
        for kind, label in values.get("labels", {}).items():
            if not isinstance(label, str):
                raise OptionError(f"the label of {kind} in {where} must be of type str")
        return cls(**values)


def read_settings(path: Path, base: Settings | None = None) -> Settings:
    """Read a study.toml; what it leaves out, labels of kinds too, is as in `base`.

    Raises:
        OptionError: the file is not there, no TOML, or a value makes no sense.
        UnknownName: it sets something that does not exist.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OptionError(f"cannot read {path}: {reason}") from error
    settings = Settings.of(values, path.name)
    if base is None:
        return settings
    labels = base.labels | settings.labels
    return Settings(
        **asdict(base) | {name: getattr(settings, name) for name in values} | {"labels": labels}
    )
