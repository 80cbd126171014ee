"""Where erased weights come from: the header of their file.

Provenance   base, concepts, method and settings, versions; as JSON and back
FORMATS      the versions of the header that can be read
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from unsee.concepts import Concept, title

FORMATS = (1, 2)
"""The last one is written. 1 neither names its method outside of the settings nor has a digest,
and its fingerprints are sha256."""


@dataclass(frozen=True)
class Provenance:
    """How erased weights were made. The header of the file holds it as JSON, key by key."""

    base: str
    """Name of the base model: a hub id, a name that unsee knows, or the name of its folder."""
    base_fingerprints: tuple[str, ...]
    """Of the base network in the precisions that it may be loaded in (running/fingerprints.py)."""
    concepts: tuple[Concept, ...]
    """What was erased."""
    method: str
    """By which method, as people call it: `esd-x`. The weights apply whether it is known or not."""
    config: Mapping[str, Any]
    """Each of the method's settings: eta, steps, lr, seed and so on."""
    versions: Mapping[str, str]
    """Of unsee, torch and diffusers: byte for byte the same result needs the same versions."""
    images: tuple[str, ...] = ()
    """sha256 of the pixels of each picture that source `images` was given."""
    digest: str | None = None
    """Fingerprint of the tensors in the file; format 1 has none."""
    format: int = FORMATS[-1]
    """Version of this header."""

    @property
    def eta(self) -> float | None:
        """Strength of the erasure, in the paper's convention; None for methods that have none."""
        eta = self.config.get("eta")
        return None if eta is None else float(eta)

    @property
    def title(self) -> str:
        """What was erased, in a line."""
        return title(self.concepts)

    @property
    def summary(self) -> str:
        """How, in a few words: `esd-x, eta 3`."""
        return self.method if self.eta is None else f"{self.method}, eta {self.eta:g}"

    def to_json(self) -> str:
        """One line; the same provenance gives the same line."""
        record = asdict(self)
        if self.format == 1:
            del record["method"], record["digest"]
        return json.dumps(record, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Provenance":
        """Read what `to_json` wrote.

        Raises:
            ValueError, KeyError, TypeError, AttributeError, ConceptError: it is not that.
        """
        record = json.loads(text)
        if record["format"] not in FORMATS:
            known = " and ".join(str(version) for version in FORMATS)
            raise ValueError(f"format {record['format']}, but this version reads {known}")
        if record["format"] == 1:
            record["method"] = record["config"]["method"]
        record["base_fingerprints"] = tuple(record["base_fingerprints"])
        record["images"] = tuple(record.get("images", ()))
        record["concepts"] = tuple(
            Concept(**{**concept, "synonyms": tuple(concept["synonyms"])})
            for concept in record["concepts"]
        )
        provenance = cls(**record)
        if not isinstance(provenance.method, str):
            raise TypeError(f"method {provenance.method!r}")
        if provenance.eta is not None and not provenance.eta >= 0:
            raise ValueError(f"eta {provenance.eta!r}")
        return provenance
