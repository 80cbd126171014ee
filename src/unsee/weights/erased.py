"""The result of an erasure: the changed tensors, and how they came about.

ErasedWeights   save, load; apply, restore, applied
apply           an erased file onto a model or onto a diffusers pipeline
applied_to      what a network carries at the moment
identity_of     which weights those of a model or a pipeline are

Which tensors there are is said by the file alone: it applies wherever its names and shapes are
those of the base, by whatever method it was made.
"""

import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from safetensors.torch import save as serialize
from safetensors.torch import save_file
from torch import Tensor, nn

from unsee.denoisers.exchange import Exchange
from unsee.errors import ErasedFileError, WrongBaseError
from unsee.running.files import writing
from unsee.running.fingerprints import Identity, fingerprint
from unsee.weights import file
from unsee.weights.provenance import Provenance

LORA_A, LORA_B = ".lora_A", ".lora_B"
"""Endings of the names of low-rank factors."""
_APPLIED = "unsee_applied"
"""Attribute of a network that carries an erasure: it goes wherever the network goes."""


@dataclass(frozen=True, eq=False, repr=False)
class ErasedWeights:
    """New values of some parameters of a base model."""

    tensors: Mapping[str, Tensor]
    """Parameter name -> value on the CPU; with factors, name + LORA_A and name + LORA_B -> those
    of shape (rank, in) and (out, rank), whose product B A is added to the base's own value."""
    provenance: Provenance

    @cached_property
    def intact(self) -> bool:
        """Whether the tensors are those that the provenance is about; the first format cannot say,
        of its tensors it is seen that they are finite."""
        if self.provenance.digest is None:
            return self.provenance.format == 1 and all(
                bool(tensor.isfinite().all()) for tensor in self.tensors.values()
            )
        return fingerprint(self.tensors) == self.provenance.digest

    @classmethod
    def made(cls, tensors: Mapping[str, Tensor], provenance: Provenance) -> "ErasedWeights":
        """Put tensors and provenance together, which then holds their digest."""
        return cls(tensors, replace(provenance, digest=fingerprint(tensors)))

    def __repr__(self) -> str:
        """What it is, in a line."""
        numbers = sum(tensor.numel() for tensor in self.tensors.values())
        about = self.provenance
        return f"<{about.title} erased from {about.base} ({about.summary}), {numbers:,} numbers>"

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
            save_file(dict(self.tensors), temporary, metadata=file.metadata(self.provenance))
        return path

    @classmethod
    def load(cls, path: str | Path) -> "ErasedWeights":
        """Read a file that `save` wrote; an ErasedFileError if it is not one, or not whole."""
        provenance, tensors = file.read(Path(path))
        weights = cls(tensors, provenance)
        if not weights.intact:
            raise ErasedFileError(
                f"{path} is damaged: its tensors are not those that were written; "
                "copy it again, or erase again"
            )
        return weights

    @cached_property
    def sha256(self) -> str:
        """Hash of the file, as `sha256sum` prints it."""
        return hashlib.sha256(
            serialize(dict(self.tensors), file.metadata(self.provenance))
        ).hexdigest()

    def apply(self, model: Any) -> None:
        """Put the erased values into `model`, which must be the base that they were made from.

        `model` is what unsee.load returns, or a diffusers pipeline.
        """
        network = _network(model)
        carried = applied_to(network)
        if carried is not None:
            raise ErasedFileError(
                f"the model already carries the erasure of {carried.provenance.title}; "
                "restore it first"
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
        if not identity_of(model).is_among(self.provenance.base_fingerprints):
            raise WrongBaseError(
                f"the erased file was made from {self.provenance.base!r}, which is not this model; "
                "load that one, or erase the concept from this one"
            )
        shapes = {name: tuple(value.shape) for name, value in network.named_parameters()}
        foreign = [name for name in self.tensors if not self._fits(name, shapes)]
        if foreign or not self.intact:
            what = (
                f"holds {foreign[0]!r}, which does not fit its base" if foreign else "has changed"
            )
            raise ErasedFileError(f"the erased file {what}; it is damaged: erase again")

    def _fits(self, name: str, shapes: Mapping[str, tuple[int, ...]]) -> bool:
        """Whether a tensor is a parameter's value, or one of two factors that make one."""
        ending = next((end for end in (LORA_A, LORA_B) if name.endswith(end)), "")
        shape = tuple(self.tensors[name].shape)
        own = shapes.get(name.removesuffix(ending))
        if not ending or own is None:
            return shape == own and not self.is_lora
        stem = name.removesuffix(ending)
        factors = [self.tensors.get(stem + end) for end in (LORA_B, LORA_A)]
        if any(factor is None or factor.dim() != 2 for factor in factors):
            return False
        (out, rank), (rank_in, width) = (tuple(f.shape) for f in factors if f is not None)
        return rank == rank_in and (out, width) == own


def apply(model: Any, erased: ErasedWeights | str | Path) -> ErasedWeights:
    """Put an erased file into a model of unsee or a diffusers pipeline; returns what was put in."""
    weights = erased if isinstance(erased, ErasedWeights) else ErasedWeights.load(erased)
    weights.apply(model)
    return weights


def applied_to(network: nn.Module) -> ErasedWeights | None:
    """Return the erasure that a network carries at the moment."""
    applied: _Applied | None = vars(network).get(_APPLIED)
    return None if applied is None else applied.weights


def identity_of(model: Any) -> Identity:
    """Return which weights those of a model of unsee, or of a diffusers pipeline, are.

    A model keeps it. A pipeline does not, and whoever has it may change it: it is hashed anew.
    """
    own = getattr(model, "identity", None)
    return own if isinstance(own, Identity) else Identity(_network(model).state_dict())


@dataclass(frozen=True)
class _Applied:
    weights: ErasedWeights
    exchange: Exchange


def _network(model: Any) -> nn.Module:
    """Return the part of a model of unsee, or of a diffusers pipeline, that an erasure changes."""
    for name in ("network", "unet", "transformer"):
        network = getattr(model, name, None)
        if isinstance(network, nn.Module):
            return network
    raise TypeError(f"no denoiser in {type(model).__name__}; give a model or a pipeline")


def _as_parameters(network: nn.Module, tensors: Mapping[str, Tensor]) -> dict[str, nn.Parameter]:
    parameters = {}
    for name, tensor in tensors.items():
        own = network.get_parameter(name)
        parameters[name] = nn.Parameter(tensor.to(own.device, own.dtype), requires_grad=False)
    return parameters
