"""The result of an erasure: the changed tensors, and how they came about.

Recipe          the header of the file, key by key
Header          the recipe and the shapes; `read` takes them from a file and leaves the rest
ErasedWeights   save, load; apply, restore, applied
apply           an erased file onto a model or onto a diffusers pipeline
applied_to      what a network carries at the moment
"""

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialize
from safetensors.torch import save_file
from torch import Tensor, nn

from unsee.concepts import Concept, title
from unsee.denoisers.exchange import Exchange
from unsee.erasing.selection import linear_weights, select
from unsee.errors import ConceptError, ErasedFileError, WrongBaseError
from unsee.running.files import writing
from unsee.running.fingerprints import fingerprints

FORMAT = 1
LORA_A, LORA_B = ".lora_A", ".lora_B"
"""Endings of the names of low-rank factors."""
_KEY = "unsee"
_APPLIED = "unsee_applied"
"""Attribute of a network that carries an erasure: it goes wherever the network goes."""
_NOT_A_RECIPE = (ValueError, KeyError, TypeError, AttributeError, ConceptError)


@dataclass(frozen=True)
class Recipe:
    """How erased weights were made. The header of the file holds it as JSON, key by key."""

    base: str
    """Name of the base model: a hub id, a name that unsee knows, or the name of its folder."""
    base_fingerprints: tuple[str, ...]
    """Hashes of the base network in the precisions that it may be loaded in (hashing.py)."""
    concepts: tuple[Concept, ...]
    """What was erased."""
    config: Mapping[str, Any]
    """Each field of the EraseConfig: method, eta, steps, lr, seed and so on."""
    versions: Mapping[str, str]
    """Of unsee, torch and diffusers: byte for byte the same result needs the same versions."""
    images: tuple[str, ...] = ()
    """sha256 of the pixels of each picture that source `images` was given."""
    format: int = FORMAT
    """Version of this header."""

    @property
    def method(self) -> str:
        """What people call the method, with the parameters that it changed: esd-x."""
        method, parameters = self.config["method"], self.config.get("parameters")
        return f"{method}-{parameters}" if parameters else str(method)

    @property
    def eta(self) -> float:
        """Strength of the erasure, in the paper's convention."""
        return float(self.config["eta"])

    @property
    def title(self) -> str:
        """What was erased, in a line."""
        return title(self.concepts)

    def to_json(self) -> str:
        """One line; the same recipe gives the same line."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        """Read what `to_json` wrote; raises one of _NOT_A_RECIPE where it is not that."""
        record = json.loads(text)
        if record["format"] != FORMAT:
            raise ValueError(f"format {record['format']}, but this version reads {FORMAT}")
        record["base_fingerprints"] = tuple(record["base_fingerprints"])
        record["images"] = tuple(record.get("images", ()))
        record["concepts"] = tuple(
            Concept(**{**concept, "synonyms": tuple(concept["synonyms"])})
            for concept in record["concepts"]
        )
        recipe = cls(**record)
        if not recipe.eta >= 0:
            raise ValueError(f"eta {recipe.eta!r}")
        return recipe


@dataclass(frozen=True)
class Header:
    """What an erased file says of itself, without its tensors."""

    recipe: Recipe
    shapes: Mapping[str, tuple[int, ...]]
    """Of each tensor in the file, by its name."""

    @classmethod
    def read(cls, path: str | Path) -> "Header":
        """Read the header of a file; an ErasedFileError as ErasedWeights.load raises it."""
        path = Path(path)
        with _opened(path) as file:
            recipe = _recipe_of(path, file)
            names = sorted(file.keys())
            return cls(recipe, {name: tuple(file.get_slice(name).get_shape()) for name in names})


@dataclass(frozen=True, eq=False)
class ErasedWeights:
    """Trained values of some parameters of a base model."""

    tensors: Mapping[str, Tensor]
    """Parameter name -> value on the CPU; with factors, name + LORA_A and name + LORA_B -> those
    of shape (rank, in) and (out, rank), whose product B A is added to the base's own value."""
    recipe: Recipe

    @property
    def is_lora(self) -> bool:
        """Whether the file holds low-rank factors instead of values."""
        return any(name.endswith(LORA_A) for name in self.tensors)

    def dense(self, network: nn.Module) -> dict[str, Tensor]:
        """Return the erased values of `network`'s parameters, on the CPU; in fp32 of factors."""
        if not self.is_lora:
            return dict(self.tensors)
        names = [name.removesuffix(LORA_A) for name in self.tensors if name.endswith(LORA_A)]
        return {
            name: network.get_parameter(name).detach().float().cpu()
            + self.tensors[name + LORA_B] @ self.tensors[name + LORA_A]
            for name in names
        }

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write one safetensors file, whole or not at all."""
        path = Path(path)
        with writing(path, overwrite=overwrite) as temporary:
            # Not through `serialize`, which holds the whole file in memory, twice.
            save_file(dict(self.tensors), temporary, metadata=self._metadata)
        return path

    @classmethod
    def load(cls, path: str | Path) -> "ErasedWeights":
        """Read a file that `save` wrote; an ErasedFileError if it is not one, or not whole."""
        path = Path(path)
        with _opened(path) as file:
            recipe = _recipe_of(path, file)
            return cls({name: file.get_tensor(name) for name in sorted(file.keys())}, recipe)

    @property
    def _metadata(self) -> dict[str, str]:
        # One key only: safetensors does not promise an order among several.
        return {_KEY: self.recipe.to_json()}

    @cached_property
    def sha256(self) -> str:
        """Hash of the file, as `sha256sum` prints it."""
        return hashlib.sha256(serialize(dict(self.tensors), self._metadata)).hexdigest()

    def apply(self, model: Any) -> None:
        """Put the erased values into `model`, which must be the base that they were made from.

        `model` is what unsee.load returns, or a diffusers pipeline.
        """
        network = _network(model)
        carried = applied_to(network)
        if carried is not None:
            raise ErasedFileError(
                f"the model already carries the erasure of {carried.recipe.title}; restore it first"
            )
        self._check_base(model, network)
        exchange = Exchange(network, _as_parameters(network, self.dense(network)))
        exchange.put_in()
        vars(network)[_APPLIED] = _Applied(self, exchange)

    def restore(self, model: Any) -> None:
        """Put the original values back, bit for bit."""
        network = _network(model)
        if applied_to(network) is not self:
            raise ErasedFileError("this erasure is not applied to the model; nothing to restore")
        applied: _Applied = vars(network).pop(_APPLIED)
        applied.exchange.put_back()

    @contextlib.contextmanager
    def applied(self, model: Any) -> Iterator[None]:
        """Apply inside the block, restore after it."""
        self.apply(model)
        try:
            yield
        finally:
            self.restore(model)

    def _check_base(self, model: Any, network: nn.Module) -> None:
        made_from = self.recipe.base_fingerprints
        if getattr(model, "fingerprint", None) not in made_from and not (
            set(fingerprints(network.state_dict())) & set(made_from)
        ):
            raise WrongBaseError(
                f"the erased file was made from {self.recipe.base!r}, which is not this model; "
                "load that one, or erase the concept from this one"
            )
        if self._shapes(network) != {n: tuple(tensor.shape) for n, tensor in self.tensors.items()}:
            raise ErasedFileError(
                f"the erased file does not hold the parameters of method {self.recipe.method}; "
                "it is damaged: erase again"
            )

    def _shapes(self, network: nn.Module) -> dict[str, tuple[int, ...]]:
        """What the recipe says that the file holds."""
        method = self.recipe.method.removeprefix("esd-")
        rank = int(self.recipe.config.get("lora_rank", 0))
        if not rank:
            chosen = select(network, method).names
            return {name: tuple(network.get_parameter(name).shape) for name in chosen}
        shapes: dict[str, tuple[int, ...]] = {}
        for name in linear_weights(network, method):
            width_out, width_in = network.get_parameter(name).shape
            shapes |= {name + LORA_A: (rank, width_in), name + LORA_B: (width_out, rank)}
        return shapes


def apply(model: Any, erased: ErasedWeights | str | Path) -> ErasedWeights:
    """Put an erased file into a model of unsee or a diffusers pipeline; returns what was put in."""
    weights = erased if isinstance(erased, ErasedWeights) else ErasedWeights.load(erased)
    weights.apply(model)
    return weights


def applied_to(network: nn.Module) -> ErasedWeights | None:
    """Return the erasure that a network carries at the moment."""
    applied: _Applied | None = vars(network).get(_APPLIED)
    return None if applied is None else applied.weights


@dataclass(frozen=True)
class _Applied:
    weights: ErasedWeights
    exchange: Exchange


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a safetensors file; an ErasedFileError if it is none, or not whole."""
    if not path.is_file():
        raise ErasedFileError(f"there is no file {path}; `unsee erase` makes one")
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except (SafetensorError, OSError) as error:
        raise ErasedFileError(f"cannot read {path}: {_what_it_is(path, error)}") from error


def _recipe_of(path: Path, file: Any) -> Recipe:
    header = (file.metadata() or {}).get(_KEY)
    if header is None:
        raise ErasedFileError(
            f"{path} is a safetensors file, but not one that unsee wrote; "
            "give a file that `unsee erase` made"
        )
    try:
        return Recipe.from_json(header)
    except _NOT_A_RECIPE as error:
        raise ErasedFileError(
            f"{path} has a header that this version of unsee cannot read ({error}); "
            "erase again, or use the version that wrote it"
        ) from error


def _network(model: Any) -> nn.Module:
    """Return the part of a model of unsee, or of a diffusers pipeline, that an erasure changes."""
    network = getattr(model, "network", None) or getattr(model, "unet", None)
    if not isinstance(network, nn.Module):
        raise TypeError(f"no denoiser in {type(model).__name__}; give a model or a pipeline")
    return network


def _as_parameters(network: nn.Module, tensors: Mapping[str, Tensor]) -> dict[str, nn.Parameter]:
    parameters = {}
    for name, tensor in tensors.items():
        own = network.get_parameter(name)
        parameters[name] = nn.Parameter(tensor.to(own.device, own.dtype), requires_grad=False)
    return parameters


def _what_it_is(path: Path, error: Exception) -> str:
    with contextlib.suppress(OSError), path.open("rb") as file:
        # A zip archive (torch.save) or a bare pickle stream.
        if file.read(2) in (b"PK", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"):
            return "it is a pickle, which can run code, and unsee loads none; give a .safetensors"
    return f"it is truncated or no safetensors file ({error}); copy it or make it again"
