"""Exports: the tool that each is for loads it, and draws what the erased model draws."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import (
    DiffusionPipeline,
    StableDiffusionPipeline,
)
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

import unsee
from unsee.cli import main
from unsee.erasing.selection import linear, select
from unsee.errors import ErasedFileError, OptionError, OutputError, WrongBaseError
from unsee.exporting.checkpoint import to_checkpoint
from unsee.exporting.folder import to_diffusers
from unsee.exporting.lora import RANK, factorise, to_lora, to_lora_kohya
from unsee.loading import Model, load
from unsee.running.fingerprints import fingerprint
from unsee.weights.erased import ErasedWeights

QUICK = {"steps": 1, "sampler_steps": 2, "source": "original"}


@dataclass(frozen=True)
class Base:
    """A base model and the folder that it lies in."""

    folder: Path
    model: Model

    def pipeline(self, erased: ErasedWeights | None = None) -> Any:
        """The base as diffusers loads it, with an erasure in it."""
        pipe = DiffusionPipeline.from_pretrained(self.folder)
        if erased is not None:
            unsee.apply(pipe, erased)
        return pipe


@pytest.fixture(params=["tiny", "tiny_v", "tiny_xl"])
def base(request: pytest.FixtureRequest, one_thread: None) -> Base:
    """Each of the families."""
    folder: Path = request.getfixturevalue(f"{request.param}_folder")
    return Base(folder, load(folder, device="cpu"))


@pytest.fixture
def tiny_base(tiny_folder: Path, tiny: Model) -> Base:
    return Base(tiny_folder, tiny)


def erasure(base: Base, method: str = "esd-x", *, only: Callable[[str], bool] = bool) -> Any:
    """An erasure whose parameters (those that `only` says) have moved a good way at random."""
    erased = unsee.erase(base.model, "cat", unsee.EraseConfig(method=method, **QUICK))
    random = torch.Generator().manual_seed(1)
    tensors = {}
    for name in erased.tensors:
        own = base.model.network.get_parameter(name).detach()
        noise = torch.randn(own.shape, generator=random) * 0.05
        tensors[name] = own + noise if only(name) else own.clone()
    return ErasedWeights.made(tensors, erased.provenance)


def lora_erasure(base: Base, method: str = "esd-x", rank: int = 3) -> ErasedWeights:
    """An erasure trained as factors, then moved a good way at random."""
    config = unsee.EraseConfig(method=method, lora_rank=rank, **QUICK)
    erased = unsee.erase(base.model, "cat", config)
    random = torch.Generator().manual_seed(1)
    tensors = {
        name: torch.randn(tensor.shape, generator=random) * 0.1
        for name, tensor in erased.tensors.items()
    }
    return ErasedWeights.made(tensors, erased.provenance)


def layers(network: nn.Module) -> set[str]:
    """Names of the weights that factors can stand beside."""
    kinds = (nn.Linear, nn.Conv2d)
    return {f"{path}.weight" for path, part in network.named_modules() if isinstance(part, kinds)}


def drawn(pipe: Any) -> Any:
    """Pictures of two prompts as numbers."""
    _quiet(pipe)
    pictures = pipe(
        ["cat", "dog"],
        num_inference_steps=2,
        height=16,
        width=16,
        generator=torch.Generator().manual_seed(0),
        output_type="np",
    ).images
    assert np.isfinite(pictures).all()
    return pictures


def _quiet(pipe: Any) -> None:
    pipe.set_progress_bar_config(disable=True)
    # Torch multiplies with other kernels, and rounds otherwise, where a weight asks for gradients.
    for part in pipe.components.values():
        if isinstance(part, nn.Module):
            part.requires_grad_(False)


def same(first: Any, second: Any) -> bool:
    return bool(np.array_equal(first, second))


def close(first: Any, second: Any) -> bool:
    """As near as two ways to compute one product come: pictures are in [0, 1]."""
    return bool(np.allclose(first, second, atol=1e-3))


def from_single_file(base: Base, path: Path) -> Any:
    kind = type(base.pipeline())
    return kind.from_single_file(str(path), config=str(base.folder), local_files_only=True)


# Whole models


@pytest.mark.parametrize("method", ["esd-x", "esd-u"])
def test_a_diffusers_folder_draws_what_the_erased_model_draws(
    base: Base, method: str, tmp_path: Path
):
    erased = erasure(base, method)
    out = tmp_path / "out"
    assert to_diffusers(erased, base.model, out).path == out
    expected = drawn(base.pipeline(erased))
    assert same(drawn(DiffusionPipeline.from_pretrained(out)), expected)
    assert not same(drawn(base.pipeline()), expected)


def test_unsee_loads_its_own_folder_and_finds_the_erased_weights(tiny_base: Base, tmp_path: Path):
    erased = erasure(tiny_base)
    to_diffusers(erased, tiny_base.model, tmp_path / "out")
    with erased.applied(tiny_base.model):
        expected = fingerprint(tiny_base.model.network.state_dict())
    assert load(tmp_path / "out", device="cpu").fingerprint == expected


def test_a_diffusers_folder_holds_what_the_base_holds_and_the_recipe(
    tiny_base: Base, tmp_path: Path
):
    erased = erasure(tiny_base)
    to_diffusers(erased, tiny_base.model, tmp_path / "out")
    was, now = (
        {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
        for folder in (tiny_base.folder, tmp_path / "out")
    )
    assert now - was == {Path("erasure.json")}
    assert was <= now
    recipe = json.loads((tmp_path / "out" / "erasure.json").read_text())
    assert recipe == json.loads(erased.provenance.to_json())
    everything = "".join(path.read_text() for path in (tmp_path / "out").rglob("*.json"))
    assert str(tiny_base.folder) not in everything
    assert str(tmp_path) not in everything


def test_pickles_and_second_sets_of_weights_stay_behind(copy: Path, tmp_path: Path):
    index = json.loads((copy / "model_index.json").read_text())
    index |= {
        "_name_or_path": "somewhere",
        "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
        "feature_extractor": ["transformers", "CLIPImageProcessor"],
        "requires_safety_checker": True,
    }
    (copy / "model_index.json").write_text(json.dumps(index))
    # One part is there as a pickle only, one not at all, and one twice.
    (copy / "safety_checker").mkdir()
    (copy / "safety_checker" / "config.json").write_text("{}")
    torch.save({}, copy / "safety_checker" / "pytorch_model.bin")
    torch.save({}, copy / "vae" / "diffusion_pytorch_model.bin")
    weights = copy / "text_encoder" / "model.safetensors"
    shutil.copy(weights, weights.with_name("model.fp16.safetensors"))
    (copy / "LICENSE.md").write_text("as is")
    base = Base(copy, load(copy, device="cpu"))
    to_diffusers(erasure(base), base.model, tmp_path / "out")
    copied = {path.name for path in (tmp_path / "out").rglob("*")}
    assert "LICENSE.md" in copied
    assert not {name for name in copied if name.endswith(".bin") or "fp16" in name}
    written = json.loads((tmp_path / "out" / "model_index.json").read_text())
    assert written["safety_checker"] == written["feature_extractor"] == [None, None]
    assert written["requires_safety_checker"] is False
    assert "_name_or_path" not in written
    DiffusionPipeline.from_pretrained(tmp_path / "out")


def test_weights_in_shards_are_joined(tiny_base: Base, copy: Path, tmp_path: Path):
    pipe = tiny_base.pipeline()
    shutil.rmtree(copy / "vae")
    pipe.vae.save_pretrained(copy / "vae", max_shard_size="20KB")
    assert len(list((copy / "vae").glob("*.safetensors"))) > 1
    base = Base(copy, load(copy, device="cpu"))
    erased = erasure(base)
    to_diffusers(erased, base.model, tmp_path / "out")
    to_checkpoint(erased, base.model, tmp_path / "out.safetensors")
    assert len(list((tmp_path / "out" / "vae").iterdir())) == 2
    expected = drawn(tiny_base.pipeline(erased))
    assert same(drawn(DiffusionPipeline.from_pretrained(tmp_path / "out")), expected)
    assert same(drawn(from_single_file(base, tmp_path / "out.safetensors")), expected)


@pytest.mark.parametrize("method", ["esd-x", "esd-u"])
def test_a_checkpoint_draws_what_the_erased_model_draws(base: Base, method: str, tmp_path: Path):
    erased = erasure(base, method)
    to_checkpoint(erased, base.model, tmp_path / "out.safetensors")
    expected = base.pipeline(erased)
    pipe = from_single_file(base, tmp_path / "out.safetensors")
    assert same(drawn(pipe), drawn(expected))
    # What a picture does not show: the VAE's encoder, say.
    for name, part in expected.components.items():
        if isinstance(part, nn.Module):
            own = pipe.components[name].state_dict()
            assert fingerprint(own) == fingerprint(part.state_dict()), name


def test_a_checkpoint_that_was_a_single_file_keeps_what_else_is_in_it(
    tiny_base: Base, tmp_path: Path
):
    erased = erasure(tiny_base)
    whole = tmp_path / "whole.safetensors"
    nothing = erasure(tiny_base, only=lambda name: False)
    to_checkpoint(nothing, tiny_base.model, whole)
    # Such as the noise schedule; but not the average of weights that were never erased.
    more = {"betas": torch.ones(3), "model_ema.decay": torch.ones(1)}
    save_file(load_file(whole) | more, whole)
    # The model, but read from that file.
    tiny_base.model.name = str(whole)
    to_checkpoint(erased, tiny_base.model, tmp_path / "out.safetensors")
    before, after = load_file(whole), load_file(tmp_path / "out.safetensors")
    assert before.keys() - after.keys() == {"model_ema.decay"}
    changed = {name for name in after if not torch.equal(after[name], before[name])}
    assert len(changed) == len(erased.tensors)
    assert all(".attn2." in name for name in changed)
    with pytest.raises(OptionError, match="whole.safetensors is a single file.*to checkpoint"):
        to_diffusers(erased, tiny_base.model, tmp_path / "out")
    with pytest.raises(OutputError, match="is the base model itself"):
        to_checkpoint(erased, tiny_base.model, whole, overwrite=True)


def test_half_precision_makes_half_the_file(tiny_base: Base, tmp_path: Path):
    half = load(tiny_base.folder, device="cpu", dtype=torch.float16)
    erased = erasure(tiny_base)
    to_checkpoint(erased, half, tmp_path / "out.safetensors")
    tensors = load_file(tmp_path / "out.safetensors")
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float16}


# Low-rank factors

WRITERS = pytest.mark.parametrize("write", [to_lora, to_lora_kohya])


@WRITERS
def test_a_lora_of_full_rank_draws_what_the_erased_model_draws(
    base: Base, write: Any, tmp_path: Path
):
    # Every layer that factors can stand beside: no other changes.
    chosen = layers(base.model.network)
    erased = erasure(base, "full", only=lambda name: name in chosen)
    made = write(erased, base.model, tmp_path / "out.safetensors", rank=10_000)
    assert made.share == pytest.approx(1)
    assert made.left_out == ()
    pipe = base.pipeline()
    pipe.load_lora_weights(str(tmp_path / "out.safetensors"))
    expected = drawn(base.pipeline(erased))
    assert close(drawn(pipe), expected)
    assert not close(drawn(base.pipeline()), expected)


@WRITERS
def test_an_erasure_trained_as_factors_is_exported_as_these(base: Base, write: Any, tmp_path: Path):
    erased = lora_erasure(base)
    made = write(erased, base.model, tmp_path / "out.safetensors")
    assert (made.share, made.rank, made.left_out, made.better_rank) == (1, 3, (), None)
    written = [t for t in load_file(tmp_path / "out.safetensors").values() if t.dim()]
    assert sorted(map(fingerprint_of, written)) == sorted(
        map(fingerprint_of, erased.tensors.values())
    )
    pipe = base.pipeline()
    pipe.load_lora_weights(str(tmp_path / "out.safetensors"))
    expected = drawn(base.pipeline(erased))
    assert close(drawn(pipe), expected)
    assert not close(drawn(base.pipeline()), expected)


def fingerprint_of(tensor: Tensor) -> str:
    return fingerprint({"": tensor})


def test_the_names_are_those_that_the_tools_know(base: Base, tmp_path: Path):
    erased = lora_erasure(base)
    to_lora(erased, base.model, tmp_path / "peft.safetensors")
    to_lora_kohya(erased, base.model, tmp_path / "kohya.safetensors")
    layers = [
        name.removesuffix(".weight") for name in linear(base.model.network, select(base.model, "x"))
    ]
    assert load_file(tmp_path / "peft.safetensors").keys() == {
        f"unet.{layer}.{factor}.weight" for layer in layers for factor in ("lora_A", "lora_B")
    }
    kohya = load_file(tmp_path / "kohya.safetensors")
    assert {name.partition(".")[2] for name in kohya} == {
        "lora_down.weight",
        "lora_up.weight",
        "alpha",
    }
    known = {
        "tiny": "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k.alpha",
        "tiny-v": "lora_unet_up_blocks_0_attentions_1_transformer_blocks_0_attn2_to_out_0.alpha",
        "tiny-xl": "lora_unet_input_blocks_3_1_transformer_blocks_1_attn2_to_v.alpha",
    }[base.folder.name]
    assert kohya[known] == 3


def test_the_energy_kept_is_that_of_the_edit_that_is_kept(tiny_base: Base):
    erased = erasure(tiny_base, "esd-u")
    factors = factorise(erased, tiny_base.model, 6)
    total = lost = 0.0
    for name, value in erased.tensors.items():
        change = (value - tiny_base.model.network.get_parameter(name)).double()
        total += float(change.square().sum())
        layer = name.removesuffix(".weight")
        if name.endswith(".weight") and layer in factors.layers:
            a, b = (factor.double().flatten(1) for factor in factors.layers[layer])
            assert a.shape[0] == b.shape[1] == 6
            change = change.flatten(1) - b @ a
        lost += float(change.square().sum())
    assert factors.share == pytest.approx(1 - lost / total, abs=1e-6)
    chosen = select(tiny_base.model, "u").names
    assert set(factors.left_out) == set(chosen) - layers(tiny_base.model.network)


def test_more_rank_keeps_more_and_the_rank_that_would_do_does(tiny_base: Base):
    erased = erasure(tiny_base)
    made = [factorise(erased, tiny_base.model, rank) for rank in range(6, 17)]
    kept = [factors.share for factors in made]
    assert kept == sorted(kept)
    # All but the biases.
    assert 0.98 < kept[-1] < 1
    wanted = made[0].better_rank
    assert wanted is not None
    assert factorise(erased, tiny_base.model, wanted).share >= 0.95
    assert factorise(erased, tiny_base.model, wanted - 1).share < 0.95
    assert made[-1].better_rank is None


def test_a_rank_beyond_the_layers_is_theirs(tiny_base: Base):
    erased = erasure(tiny_base)
    assert factorise(erased, tiny_base.model).rank == 16 < RANK


def test_less_than_half_of_an_edit_is_no_export(tiny_base: Base, tmp_path: Path):
    out = tmp_path / "out.safetensors"
    with pytest.raises(OptionError, match=r"rank 1 hold only \d+%.*rank \d+ would hold half"):
        to_lora(erasure(tiny_base), tiny_base.model, out, rank=1)
    only_biases = erasure(tiny_base, "esd-u", only=lambda name: name.endswith(".bias"))
    with pytest.raises(OptionError, match="hold only 0%.*most of it is in biases and norms"):
        to_lora(only_biases, tiny_base.model, out)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_factored(tiny_base: Base, tmp_path: Path):
    out = tmp_path / "out.safetensors"
    for rank in (0, -1):
        with pytest.raises(OptionError, match="rank must be at least 1"):
            to_lora(erasure(tiny_base), tiny_base.model, out, rank=rank)
    with pytest.raises(OptionError, match="leave rank away"):
        to_lora(lora_erasure(tiny_base), tiny_base.model, out, rank=2)
    unchanged = erasure(tiny_base, only=lambda name: False)
    with pytest.raises(ErasedFileError, match="changes nothing"):
        to_lora(unchanged, tiny_base.model, out)
    whole = erasure(tiny_base)
    tensors = {name: torch.full_like(value, torch.nan) for name, value in whole.tensors.items()}
    broken = ErasedWeights.made(tensors, whole.provenance)
    with pytest.raises(ErasedFileError, match="not all finite"):
        to_lora(broken, tiny_base.model, out)
    assert list(tmp_path.iterdir()) == []


# What all have in common


WRITE_ALL: dict[str, Any] = {
    "diffusers": to_diffusers,
    "checkpoint": to_checkpoint,
    "lora": to_lora,
    "lora-kohya": to_lora_kohya,
}


@pytest.mark.parametrize("to", WRITE_ALL)
def test_the_model_is_the_original_again_and_another_base_is_refused(
    tiny_base: Base, tiny_v_folder: Path, to: str, tmp_path: Path
):
    erased = erasure(tiny_base)
    before = fingerprint(tiny_base.model.network.state_dict())
    WRITE_ALL[to](erased, tiny_base.model, tmp_path / "out.safetensors")
    assert fingerprint(tiny_base.model.network.state_dict()) == before
    other = load(tiny_v_folder, device="cpu")
    with pytest.raises(WrongBaseError, match="was made from 'tiny', which is not this model"):
        WRITE_ALL[to](erased, other, tmp_path / "other.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["out.safetensors"]


@pytest.mark.parametrize("to", WRITE_ALL)
def test_what_exists_is_replaced_only_when_asked(tiny_base: Base, to: str, tmp_path: Path):
    erased = erasure(tiny_base)
    out = tmp_path / "out.safetensors"
    WRITE_ALL[to](erased, tiny_base.model, out)
    with pytest.raises(OutputError, match="exists; choose another name"):
        WRITE_ALL[to](erased, tiny_base.model, out)
    WRITE_ALL[to](erased, tiny_base.model, out, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["out.safetensors"]


@pytest.mark.parametrize("to", ["checkpoint", "lora", "lora-kohya"])
def test_a_file_says_what_was_erased(tiny_base: Base, to: str, tmp_path: Path):
    erased = erasure(tiny_base)
    WRITE_ALL[to](erased, tiny_base.model, tmp_path / "out.safetensors")
    with safe_open(tmp_path / "out.safetensors", framework="pt") as file:
        assert file.metadata() == {"unsee_export": erased.provenance.to_json()}
    with pytest.raises(ErasedFileError, match="not one that unsee wrote"):
        ErasedWeights.load(tmp_path / "out.safetensors")


@pytest.mark.parametrize("to", WRITE_ALL)
def test_who_may_read_other_new_files_may_read_these(tiny_base: Base, to: str, tmp_path: Path):
    WRITE_ALL[to](erasure(tiny_base), tiny_base.model, tmp_path / "out.safetensors")
    (tmp_path / "plain").touch()
    modes = {path.stat().st_mode for path in tmp_path.rglob("*") if path.is_file()}
    assert modes == {(tmp_path / "plain").stat().st_mode}


def test_no_folder_but_a_model_is_ever_replaced(tiny_base: Base, tmp_path: Path):
    erased = erasure(tiny_base)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter").write_text("dear")
    with pytest.raises(OutputError, match="is a folder of other things"):
        to_diffusers(erased, tiny_base.model, tmp_path / "mine", overwrite=True)
    with pytest.raises(OutputError, match="letter is a file"):
        to_diffusers(erased, tiny_base.model, tmp_path / "mine" / "letter", overwrite=True)
    for place in (tiny_base.folder, tiny_base.folder.parent):
        with pytest.raises(OutputError, match="holds the base model itself"):
            to_diffusers(erased, tiny_base.model, place, overwrite=True)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter"]
    # An empty one is as good as none.
    (tmp_path / "empty").mkdir()
    to_diffusers(erased, tiny_base.model, tmp_path / "empty")


def test_a_folder_is_written_whole_or_not_at_all(
    tiny_base: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    erased = erasure(tiny_base)
    to_diffusers(erased, tiny_base.model, tmp_path / "out")
    before = (tmp_path / "out" / "erasure.json").stat().st_mtime_ns

    def full(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("unsee.exporting.source.save_file", full)
    for name in ("out", "new"):
        with pytest.raises(OutputError, match="No space left on device"):
            to_diffusers(erased, tiny_base.model, tmp_path / name, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "erasure.json").stat().st_mtime_ns == before


# The embedded model


def test_emoji_through_every_format(tmp_path: Path, one_thread: None):
    model = load(device="cpu")
    config = unsee.EraseConfig.from_recipe("emoji", steps=2, sampler_steps=2)
    erased = unsee.erase(model, "twemoji", config)
    out = {to: tmp_path / f"{to}.safetensors" for to in WRITE_ALL}
    made = {to: write(erased, model, out[to]) for to, write in WRITE_ALL.items()}
    folder = str(unsee.loading.MODELS["emoji"]())

    def pipeline(lora: Path | None = None) -> Any:
        pipe = StableDiffusionPipeline.from_pretrained(folder)
        if lora is not None:
            pipe.load_lora_weights(str(lora))
        return pipe

    applied = pipeline()
    unsee.apply(applied, erased)
    expected = latents(applied)
    whole = StableDiffusionPipeline.from_pretrained(out["diffusers"])
    assert torch.equal(latents(whole), expected)
    single = StableDiffusionPipeline.from_single_file(
        str(out["checkpoint"]), config=folder, local_files_only=True
    )
    assert torch.equal(latents(single), expected)
    for to in ("lora", "lora-kohya"):
        assert made[to].rank == RANK
        assert made[to].share > 0.5
        moved = (latents(pipeline(out[to])) - expected).norm()
        assert moved < 0.5 * (latents(pipeline()) - expected).norm()


def latents(pipe: Any) -> Tensor:
    _quiet(pipe)
    made: Tensor = pipe(
        "cat in the style of twemoji",
        num_inference_steps=2,
        generator=torch.Generator().manual_seed(0),
        output_type="latent",
    ).images
    return made


# The command


@pytest.fixture
def file(tiny_base: Base, tmp_path: Path) -> Path:
    return erasure(tiny_base, "esd-u").save(tmp_path / "cat.safetensors")


@pytest.mark.parametrize("to", WRITE_ALL)
def test_the_command_writes_and_says_what(
    tiny_base: Base,
    file: Path,
    to: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
):
    out = tmp_path / "out.safetensors"
    words = ["export", file, "--to", to, "--out", out, "--model", tiny_base.folder]
    assert main([str(word) for word in words]) == 0
    assert out.exists()
    said = capsys.readouterr().out
    what = "the edit" if to.startswith("lora") else "the erased model"
    assert f"{what} is {out}: " in said
    assert ("of the edit" in said and "biases and norms" in said) == to.startswith("lora")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--to", "lra", "--out", "x.safetensors"], "unknown format 'lra'; did you mean 'lora"),
        (["--to", "diffusers", "--out", "x", "--rank", "4"], "--to diffusers holds all"),
        (["--to", "lora", "--out", "x.pt"], "give --out a name that ends so, not x.pt"),
        (["--to", "lora", "--out", "x.safetensors", "--rank", "0"], "--rank must be at least 1"),
        (["--to", "lora", "--out", "x.safetensors", "--rank", "1"], "would hold half"),
        (["--to", "lora"], "--out"),
        (["--out", "x"], "--to"),
    ],
)
def test_a_command_line_that_makes_no_sense(
    tiny_base: Base,
    file: Path,
    flags: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.chdir(file.parent)
    assert main(["export", str(file), *flags, "--model", str(tiny_base.folder)]) == 2
    told = capsys.readouterr()
    assert message in told.err
    assert len(told.err.splitlines()) == 1
    assert [path.name for path in file.parent.iterdir()] == [file.name]
