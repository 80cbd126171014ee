"""An edit as low-rank factors: for each changed layer two narrow matrices, W' = W + B A.

to_lora         under the names of diffusers and peft
to_lora_kohya   under the names of kohya's scripts, which other tools know best
factorise       an erasure -> the factors of each layer, and how much of the edit they hold

An erasure that was trained as factors is exported as these very factors. Of any other, the
factors are the leading singular vectors of W' − W, the best there are for their rank (Eckart and
Young). A convolution (out, in, height, width) counts as a matrix (out, in · height · width).
Biases and norms have no factors: their part of the edit is lost.

Rule: how much is kept is measured over the whole edit, as squared norm. Below HALF no file is
written, since it would not be that erasure any more; up to ALMOST_ALL, Export says which rank
would do.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from unsee.errors import ErasedFileError, OptionError, option
from unsee.exporting.names import unet_names
from unsee.exporting.source import Export, write_tensors
from unsee.loading import Model
from unsee.weights.erased import LORA_A, LORA_B, ErasedWeights

RANK = 32
"""Of the factors, unless told otherwise."""
HALF, ALMOST_ALL = 0.5, 0.95


@dataclass(frozen=True)
class Factors:
    """Low-rank factors of an edit."""

    layers: Mapping[str, tuple[Tensor, Tensor]]
    """Path of a layer -> A (rank, in, ...) and B (out, rank, ...) in fp32 on the CPU."""
    rank: int
    """The same for all layers: some loaders guess it for all from one of them."""
    share: float = 1.0
    """Share of the edit's squared norm that they hold."""
    left_out: tuple[str, ...] = ()
    """Edited parameters that have no factors."""
    better_rank: int | None = None
    """The smallest rank that keeps ALMOST_ALL, where this one does not and one does."""


def to_lora(
    erased: ErasedWeights,
    model: Model,
    path: str | Path,
    *,
    rank: int | None = None,
    overwrite: bool = False,
) -> Export:
    """Write `unet.<layer>.lora_A.weight` and `.lora_B.weight`, for `pipe.load_lora_weights`.

    Raises:
        WrongBaseError: `model` is not the one that the erasure was made from.
        OptionError: factors of this rank would hold less than half of the edit.
        OutputError: the file exists, or cannot be written.
    """
    factors = factorise(erased, model, rank)
    tensors: dict[str, Tensor] = {}
    for layer, (a, b) in factors.layers.items():
        tensors |= {f"unet.{layer}.lora_A.weight": a, f"unet.{layer}.lora_B.weight": b}
    return _write(tensors, factors, Path(path), erased, overwrite)


def to_lora_kohya(
    erased: ErasedWeights,
    model: Model,
    path: str | Path,
    *,
    rank: int | None = None,
    overwrite: bool = False,
) -> Export:
    """Write `lora_unet_<layer>.lora_down.weight`, `.lora_up.weight` and `.alpha`.

    As in kohya's own files, layers are named as diffusers has them, those of SDXL as the original
    has them. Raises what to_lora raises.
    """
    factors = factorise(erased, model, rank)
    names = {f"{layer}.weight": layer for layer in factors.layers}
    if any(name.startswith("add_embedding.") for name, _ in model.network.named_parameters()):
        # All names are needed to count the blocks.
        places = unet_names(name for name, _ in model.network.named_parameters())
        names = {name: places[name].removesuffix(".weight") for name in names}
    tensors: dict[str, Tensor] = {}
    for name, place in names.items():
        a, b = factors.layers[name.removesuffix(".weight")]
        layer = "lora_unet_" + place.replace(".", "_")
        tensors |= {
            f"{layer}.lora_down.weight": a,
            f"{layer}.lora_up.weight": b,
            # Loaders scale by alpha / rank: this makes it 1.
            f"{layer}.alpha": torch.tensor(float(factors.rank)),
        }
    return _write(tensors, factors, Path(path), erased, overwrite)


def factorise(erased: ErasedWeights, model: Model, rank: int | None = None) -> Factors:
    """Return the factors of an edit; `rank` None is the file's own, or RANK.

    Raises:
        WrongBaseError: `model` is not the one that the erasure was made from.
        OptionError: factors of this rank would hold less than half of the edit.
    """
    # Applied once for its checks: the differences need the original.
    with erased.applied(model):
        pass
    if erased.is_lora:
        return _own_factors(erased, rank)
    if rank is not None and rank < 1:
        raise OptionError(f"{option('rank')} must be at least 1, not {rank}")
    edited = _Edit(erased, model.network, rank or RANK)
    edited.check()
    return edited.factors()


class _Edit:
    """An edit, layer by layer as factors, and how its squared norm is spread over ranks."""

    def __init__(self, erased: ErasedWeights, network: nn.Module, rank: int) -> None:
        self._layers: dict[str, tuple[Tensor, Tensor]] = {}
        self._left_out: list[str] = []
        self._total = 0.0
        energies: list[Tensor] = []
        for name, value in erased.dense(network).items():
            own = network.get_parameter(name).detach()
            change = value.to(own.device).float() - own.float()
            energy = float(change.double().square().sum())
            if not math.isfinite(energy):
                raise ErasedFileError(f"the erased {name} is not all finite numbers; erase again")
            self._total += energy
            layer = name.removesuffix(".weight")
            if not energy:
                continue
            if not (name.endswith(".weight") and _factorable(network.get_submodule(layer))):
                self._left_out.append(name)
                continue
            a, b, singular = _leading(change, rank)
            self._layers[layer] = (a.cpu(), b.cpu())
            energies.append(singular.double().square().cpu())
        if not self._total:
            raise ErasedFileError("the erased file changes nothing; there is nothing to export")
        # Entry r: what layers of rank r + 1 hold together.
        length = max((len(energy) for energy in energies), default=0)
        padded = [nn.functional.pad(energy, (0, length - len(energy))) for energy in energies]
        self._energy = torch.stack(padded).sum(0).cumsum(0) if padded else torch.zeros(1)
        self._rank = min(rank, max(length, 1))

    @property
    def share(self) -> float:
        return min(float(self._energy[self._rank - 1]) / self._total, 1.0)

    def check(self) -> None:
        """Refuse what would hold less than half of the edit."""
        if self.share >= HALF:
            return
        enough = self._smallest(HALF)
        way_out = (
            f"{option('rank')} {enough} would hold half"
            if enough
            else "most of it is in biases and norms, which have no factors"
        )
        raise OptionError(
            f"low-rank factors of rank {self._rank} hold only {self.share:.0%} of this edit; "
            f"{way_out}, and {option('to')} diffusers or {option('to')} checkpoint all"
        )

    def factors(self) -> Factors:
        better = self._smallest(ALMOST_ALL) if self.share < ALMOST_ALL else None
        layers = {path: _widened(a, b, self._rank) for path, (a, b) in self._layers.items()}
        return Factors(layers, self._rank, self.share, tuple(self._left_out), better)

    def _smallest(self, share: float) -> int | None:
        enough = (self._energy >= share * self._total).nonzero()
        return int(enough[0]) + 1 if len(enough) else None


def _own_factors(erased: ErasedWeights, rank: int | None) -> Factors:
    if rank is not None:
        raise OptionError(
            "this erasure was trained as low-rank factors and is exported as they are; "
            f"leave {option('rank')} away"
        )
    layers = {}
    for name, a in erased.tensors.items():
        if name.endswith(LORA_A):
            plain = name.removesuffix(LORA_A)
            layers[plain.removesuffix(".weight")] = (a, erased.tensors[plain + LORA_B])
    return Factors(layers, max(len(a) for a, _ in layers.values()))


def _factorable(module: nn.Module) -> bool:
    return isinstance(module, nn.Linear) or (isinstance(module, nn.Conv2d) and module.groups == 1)


def _leading(change: Tensor, rank: int) -> tuple[Tensor, Tensor, Tensor]:
    """Split a change (out, in, ...) into A (rank, in, ...) and B (out, rank, ...).

    The third is all singular values, largest first. A is shaped like the layer's own weight, so
    that it is applied like it; B is a 1x1 convolution where the layer is one.
    """
    left, singular, right = torch.linalg.svd(change.flatten(1), full_matrices=False)
    rank = min(rank, len(singular))
    # Half of each singular value goes to either side: neither gets far from the other's scale.
    root = singular[:rank].sqrt()
    a = (root[:, None] * right[:rank]).reshape(rank, *change.shape[1:])
    b = (left[:, :rank] * root).reshape(len(left), rank, *[1] * (change.dim() - 2))
    return a, b, singular


def _widened(a: Tensor, b: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """Fill up with zeros to `rank`: the product stays the same."""
    gap = rank - len(a)
    a = torch.cat([a, a.new_zeros(gap, *a.shape[1:])])
    b = torch.cat([b, b.new_zeros(len(b), gap, *b.shape[2:])], dim=1)
    return a.contiguous(), b.contiguous()


def _write(
    tensors: Mapping[str, Tensor],
    factors: Factors,
    path: Path,
    erased: ErasedWeights,
    overwrite: bool,
) -> Export:
    write_tensors(tensors, path, erased, overwrite=overwrite)
    return Export(path, factors.share, factors.rank, factors.left_out, factors.better_rank)
