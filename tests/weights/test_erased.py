"""Erased weights: files that round-trip, models that come back bit for bit, strict checks."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from unsee.concepts import Concept
from unsee.denoisers.exchange import swapped
from unsee.erasing.config import EraseConfig
from unsee.erasing.erase import erase
from unsee.erasing.selection import select
from unsee.errors import ErasedFileError, OutputError, WrongBaseError
from unsee.loading import Model, load
from unsee.running.fingerprints import fingerprint
from unsee.weights import provenance
from unsee.weights.erased import ErasedWeights, applied_to, apply
from unsee.weights.provenance import Provenance

CONFIG = EraseConfig(steps=2, sampler_steps=2, lr=1e-2, source="original")
CONCEPT = Concept("cat", synonyms=("kitten",))


@pytest.fixture
def erased(tiny: Model) -> ErasedWeights:
    return erase(tiny, CONCEPT, CONFIG)


@pytest.fixture
def file(erased: ErasedWeights, tmp_path: Path) -> Path:
    return erased.save(tmp_path / "cat.safetensors")


def _bits(model: Model) -> str:
    return fingerprint(model.network.state_dict())


def test_a_file_holds_exactly_the_selected_tensors(tiny: Model, file: Path) -> None:
    tensors = load_file(file)
    assert set(tensors) == set(select(tiny, "x").names)
    for name, tensor in tensors.items():
        assert tensor.dtype == torch.float32
        assert tensor.shape == tiny.network.get_parameter(name).shape


def test_a_file_says_how_it_was_made(tiny: Model, tiny_folder: Path, file: Path) -> None:
    with safe_open(file, framework="pt") as opened:
        metadata = opened.metadata()
    assert set(metadata) == {"unsee"}
    header = json.loads(metadata["unsee"])
    assert header["format"] == 2
    assert header["base"] == tiny_folder.name
    assert header["base_fingerprints"][0] == tiny.fingerprint
    concept = {"phrase": "cat", "erase_from": None, "synonyms": ["kitten"]}
    assert header["concepts"] == [concept]
    assert header["config"] == {
        "method": "esd",
        "parameters": "x",
        "eta": 1.0,
        "steps": 2,
        "lr": 1e-2,
        "decay": 0.0,
        "batch": 1,
        "seed": 0,
        "source": "original",
        "sampler": "ddim",
        "sampler_steps": 2,
        "sampling_guidance": 3.0,
        "rollouts": 1,
        "rollout_seed": 0,
        "reuse": 1,
        "precision": "fp32",
        "lora_rank": 0,
        "contexts": [],
        "preserve": [],
        "preserve_weight": 1.0,
    }
    assert set(header["versions"]) == {"unsee", "torch", "diffusers"}
    assert str(tiny_folder.parent) not in metadata["unsee"]


def test_what_is_loaded_is_what_was_saved(erased: ErasedWeights, file: Path) -> None:
    again = ErasedWeights.load(file)
    assert again.provenance == erased.provenance
    assert (again.provenance.method, again.provenance.eta) == ("esd-x", 1.0)
    assert again.tensors.keys() == erased.tensors.keys()
    for name, tensor in erased.tensors.items():
        assert torch.equal(tensor, again.tensors[name])


def test_the_hash_is_that_of_the_file(erased: ErasedWeights, file: Path) -> None:
    of_file = hashlib.sha256(file.read_bytes()).hexdigest()
    assert erased.sha256 == of_file
    assert ErasedWeights.load(file).sha256 == of_file


def test_saving_refuses_to_replace_a_file_unless_asked(erased: ErasedWeights, file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(OutputError, match="exists"):
        erased.save(file)
    erased.save(file, overwrite=True)
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_applying_puts_the_values_in_and_restoring_gives_the_same_bits(
    tiny: Model, erased: ErasedWeights
) -> None:
    own = dict(tiny.network.named_parameters())
    before = _bits(tiny)
    erased.apply(tiny)
    assert applied_to(tiny.network) is erased
    for name, parameter in tiny.network.named_parameters():
        assert torch.equal(parameter, erased.tensors.get(name, own[name]))
        assert not parameter.requires_grad
    erased.restore(tiny)
    assert applied_to(tiny.network) is None
    assert _bits(tiny) == before
    # The very same objects, so that nothing that refers to them is left behind.
    assert all(parameter is own[name] for name, parameter in tiny.network.named_parameters())


def test_applied_restores_after_an_error_too(tiny: Model, erased: ErasedWeights) -> None:
    before = _bits(tiny)
    with pytest.raises(ZeroDivisionError), erased.applied(tiny):
        assert _bits(tiny) != before
        raise ZeroDivisionError
    assert _bits(tiny) == before


def test_applying_changes_the_picture_and_restoring_changes_it_back(
    tiny: Model, erased: ErasedWeights
) -> None:
    before = tiny.generate("cat", 3, steps=3)
    with erased.applied(tiny):
        assert tiny.generate("cat", 3, steps=3) != before
    assert tiny.generate("cat", 3, steps=3) == before


def test_two_erasures_are_not_applied_at_once(tiny: Model, erased: ErasedWeights) -> None:
    with erased.applied(tiny), pytest.raises(ErasedFileError, match="already carries.*'cat'"):
        erased.apply(tiny)


def test_restoring_what_is_not_applied_is_an_error(
    tiny: Model, erased: ErasedWeights, file: Path
) -> None:
    with pytest.raises(ErasedFileError, match="not applied"):
        erased.restore(tiny)
    with erased.applied(tiny), pytest.raises(ErasedFileError, match="not applied"):
        ErasedWeights.load(file).restore(tiny)


def test_another_base_model_is_refused(tiny_v: Model, tiny: Model, file: Path) -> None:
    with torch.no_grad():
        tiny_v.network.conv_in.weight[0, 0, 0, 0] += 1e-3
    other = Model(
        "other",
        tokenizer=tiny_v.text_encoders[0].tokenizer,
        text_encoder=tiny_v.text_encoders[0].network,
        unet=tiny_v.network,
        vae=tiny_v.autoencoder.network,
        scheduler=tiny_v.scheduler,
    )
    before = _bits(other)
    with pytest.raises(WrongBaseError, match="made from 'tiny', which is not this model"):
        ErasedWeights.load(file).apply(other)
    assert _bits(other) == before
    assert applied_to(other.network) is None


def test_the_same_base_is_recognised_under_another_name_and_in_half_precision(
    tiny_folder: Path, file: Path, tmp_path: Path
) -> None:
    moved = shutil.copytree(tiny_folder, tmp_path / "moved")
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        model = load(moved, device="cpu", dtype=dtype)
        erased = apply(model, file)
        for name, tensor in erased.tensors.items():
            assert torch.equal(model.network.get_parameter(name), tensor.to(dtype))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_an_erased_file_goes_onto_a_pipeline_of_diffusers(
    tiny_folder: Path, file: Path, dtype: torch.dtype
) -> None:
    pipeline = StableDiffusionPipeline.from_pretrained(tiny_folder).to(dtype)
    before = fingerprint(pipeline.unet.state_dict())
    erased = apply(pipeline, str(file))
    assert fingerprint(pipeline.unet.state_dict()) != before
    erased.restore(pipeline)
    assert fingerprint(pipeline.unet.state_dict()) == before


def test_what_holds_no_denoiser_is_a_programming_error(erased: ErasedWeights) -> None:
    with pytest.raises(TypeError, match="no denoiser in str"):
        erased.apply("a model")


@pytest.mark.parametrize("kept", [0, 1, 7, 8, 100, 3000, -1])
def test_a_truncated_file_is_refused(file: Path, kept: int) -> None:
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(ErasedFileError, match="truncated or no safetensors") as caught:
        ErasedWeights.load(file)
    assert "\n" not in str(caught.value)


def test_a_foreign_safetensors_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lora.safetensors"
    for metadata in (None, {"format": "pt"}):
        save_file({"x": torch.zeros(2)}, path, metadata=metadata)
        with pytest.raises(ErasedFileError, match="not one that unsee wrote"):
            ErasedWeights.load(path)


@pytest.mark.parametrize("new_format", [True, False])
def test_a_pickle_is_refused_unread(tmp_path: Path, new_format: bool) -> None:
    path = tmp_path / "old.pt"
    torch.save({"x": torch.zeros(2)}, path, _use_new_zipfile_serialization=new_format)
    with pytest.raises(ErasedFileError, match="pickle, which can run code"):
        ErasedWeights.load(path)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    for path in (tmp_path / "none.safetensors", tmp_path):
        with pytest.raises(ErasedFileError, match="there is no file"):
            ErasedWeights.load(path)


@pytest.mark.parametrize(
    "header",
    [
        "{",
        "[]",
        '{"format": 1}',
        '{"format": 3}',
        '{"format": 1, "base": "x", "surprise": 1}',
    ],
)
def test_a_header_of_another_version_is_refused(file: Path, header: str) -> None:
    save_file(load_file(file), file, metadata={"unsee": header})
    with pytest.raises(ErasedFileError, match="header that this version"):
        ErasedWeights.load(file)


def test_a_file_of_an_unknown_method_applies(tiny: Model, erased: ErasedWeights) -> None:
    unknown = replace(erased.provenance, method="anti-matter", config={"charge": -1})
    weights = ErasedWeights(erased.tensors, Provenance.from_json(unknown.to_json()))
    assert weights.provenance == unknown
    before = _bits(tiny)
    with weights.applied(tiny):
        theirs = _bits(tiny)
    assert _bits(tiny) == before
    with erased.applied(tiny):
        assert _bits(tiny) == theirs != before


@pytest.mark.parametrize("place", [0, 1000, -1])
def test_a_flipped_bit_anywhere_in_the_tensors_is_seen(file: Path, place: int) -> None:
    content = bytearray(file.read_bytes())
    start = 8 + int.from_bytes(content[:8], "little")
    content[place if place < 0 else start + place] ^= 0x10
    file.write_bytes(content)
    with pytest.raises(ErasedFileError, match="its tensors are not those that were written"):
        ErasedWeights.load(file)


def test_a_file_whose_digest_is_taken_out_is_refused(erased: ErasedWeights, file: Path) -> None:
    header = {**json.loads(erased.provenance.to_json()), "digest": None}
    save_file(load_file(file), file, metadata={"unsee": json.dumps(header)})
    with pytest.raises(ErasedFileError, match="is damaged"):
        ErasedWeights.load(file)


def test_it_says_what_it_is_in_a_line(erased: ErasedWeights) -> None:
    assert repr(erased).startswith("<'cat' erased from tiny (esd-x, eta 1), ")


def test_a_file_without_some_of_its_tensors_or_with_others_is_refused(
    tiny: Model, erased: ErasedWeights
) -> None:
    first, *rest = erased.tensors
    bias = "conv_in.bias"
    damaged = [
        {name: erased.tensors[name] for name in rest},
        {**erased.tensors, first: erased.tensors[first][:1]},
        {**erased.tensors, bias: tiny.network.get_parameter(bias)},
        {**erased.tensors, "no.such.name": torch.zeros(1)},
    ]
    before = _bits(tiny)
    for tensors in damaged:
        with pytest.raises(ErasedFileError, match="is damaged"):
            ErasedWeights(tensors, erased.provenance).apply(tiny)
        assert _bits(tiny) == before


def test_swapped_parameters_are_in_place_inside_the_block_only(tiny: Model) -> None:
    name = "conv_in.weight"
    own = tiny.network.get_parameter(name)
    stand_in = nn.Parameter(torch.zeros_like(own))
    with pytest.raises(KeyboardInterrupt), swapped(tiny.network, {name: stand_in}):
        assert tiny.network.get_parameter(name) is stand_in
        raise KeyboardInterrupt
    assert tiny.network.get_parameter(name) is own
    assert next(tiny.network.named_parameters())[0] == name


def test_every_key_of_the_header_is_explained() -> None:
    source = Path(provenance.__file__).read_text()
    described = source.split("class Provenance:")[1].split("@property")[0]
    for name in Provenance.__dataclass_fields__:
        assert f"    {name}: " in described
        after = described.split(f"    {name}: ")[1].splitlines()[1]
        assert after.strip().startswith('"""')
