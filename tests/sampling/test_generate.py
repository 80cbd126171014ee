"""Drawing: seeds that do not depend on company, guidance, and folders that can be resumed."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import EulerAncestralDiscreteScheduler
from PIL import Image

from unsee.denoisers.base import Defaults
from unsee.erasing.config import EraseConfig
from unsee.erasing.erase import erase
from unsee.errors import OptionError, OutputError, Stopped, UnknownName
from unsee.loading import Model
from unsee.prompts import PromptSet
from unsee.running.fingerprints import sha256
from unsee.running.progress import Progress
from unsee.sampling.draw import draw, generate
from unsee.sampling.folder import generate_set
from unsee.sampling.guidance import Momentum, SafeLatentDiffusion, safe_latent_guidance
from unsee.sampling.rules import Safe, epsilon_units
from unsee.sampling.trajectory import trajectory

SET = PromptSet.cross(["cat", "dog", ""], [0, 1])
"""Six pictures: in batches of four, the second is half full."""


def _close(first: Image.Image, second: Image.Image) -> bool:
    """Equal up to the last bit of a float, which may round to the next grey."""
    difference = np.asarray(first, dtype=int) - np.asarray(second, dtype=int)
    return bool(abs(difference).max() <= 1)


def _rows(model: Model, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Collect how many rows each call of the network has."""
    rows: list[int] = []
    forward = model.network.forward

    def counted(x_t: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        rows.append(len(x_t))
        return forward(x_t, *args, **kwargs)

    monkeypatch.setattr(model.network, "forward", counted)
    return rows


@pytest.mark.parametrize("name", ["tiny", "tiny_v"])
def test_a_seed_gives_the_same_picture_in_any_company(
    name: str, request: pytest.FixtureRequest
) -> None:
    model: Model = request.getfixturevalue(name)
    prompts, seeds = ["cat", "dog", "a cat"], [3, 4, 5]
    together = draw(model, prompts, seeds, steps=4)
    apart = draw(model, prompts, seeds, steps=4, batch_size=1)
    reverse = draw(model, prompts[::-1], seeds[::-1], steps=4, batch_size=2)[::-1]
    for one, two, three in zip(together, apart, reverse, strict=True):
        assert _close(one, two)
        assert _close(one, three)
    assert not _close(together[0], together[2])


@pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)
def test_a_sampler_that_adds_noise_takes_it_from_the_pictures_seed(tiny: Model) -> None:
    model = Model(
        "noisy",
        tokenizer=tiny.text_encoders[0].tokenizer,
        text_encoder=tiny.text_encoders[0].network,
        unet=tiny.network,
        vae=tiny.autoencoder.network,
        scheduler=EulerAncestralDiscreteScheduler(),
    )
    together = draw(model, ["cat", "dog"], [3, 4], steps=3)
    torch.manual_seed(99)
    assert _close(together[1], generate(model, ["dog"], [4], steps=3)[0])


def test_prompts_and_seeds_go_in_pairs(tiny: Model) -> None:
    with pytest.raises(OptionError, match="2 prompts but 1 seeds"):
        draw(tiny, ["cat", "dog"], [1])
    assert draw(tiny, [], []) == generate(tiny, [], []) == generate(tiny, ["cat"], []) == []


def test_every_prompt_is_drawn_at_every_seed_by_each_way_to_draw(
    tiny: Model, tmp_path: Path
) -> None:
    """The function, the model's own and the folder agree, and with what the command crosses."""
    several = generate(tiny, ["cat", "dog"], [0, 1], steps=2)
    assert several == tiny.generate(["cat", "dog"], [0, 1], steps=2)
    rows = PromptSet.cross(["cat", "dog"], [0, 1])
    assert several == draw(tiny, rows.prompts, rows.seeds, steps=2)
    for one, picture in zip(generate_set(tiny, rows, tmp_path, steps=2), several, strict=True):
        with Image.open(tmp_path / one.file) as saved:
            assert saved.tobytes() == picture.tobytes()


def test_one_string_is_a_prompt_and_not_a_list_of_letters(tiny: Model) -> None:
    assert isinstance(generate(tiny, "cat", 3, steps=1), Image.Image)
    assert len(generate(tiny, "cat", [3, 4], steps=1)) == 2


def test_guidance_0_and_a_half_are_the_prompt_alone_as_in_every_pipeline(tiny: Model) -> None:
    alone = tiny.generate("cat", 1, steps=3, guidance=1.0)
    for guidance in (0.0, 0.5):
        assert tiny.generate("cat", 1, steps=3, guidance=guidance) == alone
        assert tiny.generate("dog", 1, steps=3, guidance=guidance) != alone
    with pytest.raises(OptionError, match="negative has no effect at a guidance of 1"):
        tiny.generate("cat", guidance=1.0, negative="dog")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 0}, "^steps must be"),
        ({"steps": 1001}, "^steps must be"),
        ({"guidance": float("nan")}, "^guidance must be"),
        ({"guidance": -1.0}, "^guidance must be"),
        ({"batch_size": 0}, "^batch_size must be"),
        ({"width": 3}, "^width must be"),
    ],
)
def test_settings_out_of_range_are_refused(
    tiny: Model, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(OptionError, match=message):
        generate(tiny, ["cat"], [0], **settings)


def test_the_models_own_settings_are_used_unless_others_are_asked_for(
    tiny: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.defaults = Defaults(steps=3, guidance=2.0)
    rows = _rows(tiny, monkeypatch)
    tiny.generate("cat")
    # PNDM makes one step more than it is told.
    assert rows == [2] * 4
    assert tiny.generate("cat") == tiny.generate("cat", steps=3, guidance=2.0)


def test_guidance_1_evaluates_the_prompt_alone(
    tiny: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = _rows(tiny, monkeypatch)
    generate(tiny, "cat", [0, 1, 2], steps=2, guidance=1.0)
    assert set(rows) == {3}


def test_a_negative_prompt_that_is_the_prompt_leaves_nothing_to_guide(tiny: Model) -> None:
    plain = tiny.generate("cat", 1, steps=3, guidance=1.0)
    assert _close(tiny.generate("cat", 1, steps=3, guidance=5.0, negative="cat"), plain)
    assert not _close(tiny.generate("cat", 1, steps=3, guidance=5.0, negative="dog"), plain)


def test_progress_is_told_each_batch(tiny: Model) -> None:
    steps: list[Progress] = []
    generate(tiny, "cat", range(5), steps=2, batch_size=2, progress=steps.append)
    assert steps == [Progress(done=done, total=5) for done in (2, 4, 5)]


def test_the_method_of_a_model_takes_one_prompt_or_many(tiny: Model) -> None:
    one = tiny.generate("cat", 7, steps=2)
    assert isinstance(one, Image.Image)
    same_seed = tiny.generate(["cat", "dog"], 7, steps=2)
    own_seeds = tiny.generate(["cat", "cat"], [7, 8], steps=2)
    assert _close(same_seed[0], one)
    assert _close(own_seeds[0], one)
    assert not _close(own_seeds[1], one)


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_set_becomes_pictures_and_a_manifest(tiny: Model, tmp_path: Path) -> None:
    drawn = generate_set(tiny, SET, tmp_path, steps=2, guidance=3.0, negative="dog")
    assert set(_files(tmp_path)) == {"manifest.jsonl", *(f"0000{n}.png" for n in range(6))}
    lines = (tmp_path / "manifest.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [asdict(one) for one in drawn]
    assert json.loads(lines[3]) == {
        "id": "00003",
        "file": "00003.png",
        "prompt": "dog",
        "seed": 1,
        "group": "",
        "negative": "dog",
        "guidance": 3.0,
        "steps": 2,
        "model": tiny.name,
        "fingerprint": tiny.fingerprint,
        "erased": None,
        "unsafe": None,
        "sld": None,
        "height": None,
        "width": None,
    }
    again = draw(tiny, SET.prompts, SET.seeds, steps=2, guidance=3.0, negative="dog")
    for one, picture in zip(drawn, again, strict=True):
        with Image.open(tmp_path / one.file) as saved:
            assert saved.tobytes() == picture.tobytes()


def test_the_manifest_names_the_erased_file(tiny: Model, tmp_path: Path) -> None:
    erased = erase(tiny, "cat", EraseConfig(steps=1, sampler_steps=2))
    with erased.applied(tiny):
        drawn = generate_set(tiny, SET, tmp_path / "after", steps=2)
    assert {one.erased for one in drawn} == {erased.sha256}


@pytest.mark.parametrize("stop", [1, 3, 5])
def test_a_stopped_set_goes_on_and_ends_with_the_same_files(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    generate_set(tiny, SET, tmp_path / "whole", steps=2, batch_size=4)
    folder = tmp_path / "stopped"
    save = Image.Image.save
    saved: list[Any] = []

    def interrupted(picture: Image.Image, *args: Any, **kwargs: Any) -> None:
        if len(saved) == stop:
            raise KeyboardInterrupt
        saved.append(picture)
        save(picture, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(Image.Image, "save", interrupted)
        with pytest.raises(Stopped, match=f"after {stop} of 6 pictures"):
            generate_set(tiny, SET, folder, steps=2, batch_size=4)
    assert len(_files(folder)) == stop + 1
    kept = {path: path.stat().st_mtime_ns for path in folder.glob("*.png")}
    generate_set(tiny, SET, folder, steps=2, batch_size=4)
    assert _files(folder) == _files(tmp_path / "whole")
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_a_line_cut_off_and_a_picture_lost_are_made_again(tiny: Model, tmp_path: Path) -> None:
    generate_set(tiny, SET, tmp_path, steps=2)
    before = _files(tmp_path)
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_bytes(manifest.read_bytes()[:-20])
    (tmp_path / "00001.png").unlink()
    generate_set(tiny, SET, tmp_path, steps=2)
    assert _files(tmp_path) == before


def test_a_finished_set_is_not_drawn_again(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate_set(tiny, SET, tmp_path, steps=2)
    rows = _rows(tiny, monkeypatch)
    steps: list[Progress] = []
    generate_set(tiny, SET, tmp_path, steps=2, batch_size=4, progress=steps.append)
    assert not rows
    assert steps == [Progress(done=6, total=6)] * 2


def test_a_set_that_an_earlier_version_drew_is_not_drawn_again(
    tiny: Model, tiny_v: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate_set(tiny, SET, tmp_path, steps=2)
    before = _files(tmp_path)
    manifest = tmp_path / "manifest.jsonl"

    def rename(model: Model) -> None:
        old = sha256(model.network.state_dict())
        manifest.write_text(manifest.read_text().replace(tiny.fingerprint, old))

    rename(tiny)
    rows = _rows(tiny, monkeypatch)
    generate_set(tiny, SET, tmp_path, steps=2)
    assert not rows
    assert _files(tmp_path) == before
    rename(tiny_v)
    with pytest.raises(
        OutputError, match=r"other pictures \(fingerprint of 00000 is '[0-9a-f]{64}'"
    ):
        generate_set(tiny, SET, tmp_path, steps=2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"guidance": 4.0}, "guidance of 00000 is 7.5 there, and 4.0 here"),
        ({"steps": 3}, "steps of 00000 is 2 there, and 3 here"),
        ({"negative": "dog"}, "negative of 00000 is None there, and 'dog' here"),
    ],
)
def test_a_folder_of_other_pictures_is_refused(
    tiny: Model, tmp_path: Path, settings: dict[str, Any], message: str
) -> None:
    generate_set(tiny, SET, tmp_path, steps=2)
    before = _files(tmp_path)
    with pytest.raises(OutputError, match=message):
        generate_set(tiny, SET, tmp_path, **{"steps": 2, **settings})
    with pytest.raises(OutputError, match="id 00001 is not in this prompt set"):
        generate_set(tiny, PromptSet.cross(["cat"], [0]), tmp_path, steps=2)
    assert _files(tmp_path) == before


def test_a_folder_that_cannot_be_written_is_an_error_before_any_drawing(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    rows = _rows(tiny, monkeypatch)
    with pytest.raises(OutputError):
        generate_set(tiny, SET, tmp_path / "file", steps=2)
    with pytest.raises(OptionError, match="batch_size"):
        generate_set(tiny, SET, tmp_path / "new", steps=2, batch_size=0)
    assert not rows


@pytest.mark.parametrize("name", ["tiny", "tiny_v"])
def test_sld_that_only_warms_up_is_plain_guidance(
    name: str, request: pytest.FixtureRequest
) -> None:
    model: Model = request.getfixturevalue(name)
    plain = generate(model, ["cat"], [0], steps=4, guidance=5.0)
    warming = SafeLatentDiffusion(4, 5000, 1.0, 0.5, 0.7)
    steered = replace(warming, warmup=0)
    assert _close(
        generate(model, ["cat"], [0], steps=4, guidance=5.0, unsafe="dog", sld=warming)[0],
        plain[0],
    )
    assert not _close(
        generate(model, ["cat"], [0], steps=4, guidance=5.0, unsafe="dog", sld=steered)[0],
        plain[0],
    )


@pytest.mark.parametrize(("guidance", "unsafe"), [(1.0, "dog"), (0.0, "dog"), (5.0, " ")])
def test_sld_that_would_have_no_effect_is_refused(
    tiny: Model, guidance: float, unsafe: str
) -> None:
    with pytest.raises(OptionError, match="a guidance above 1; name one by unsafe"):
        tiny.generate("cat", steps=1, guidance=guidance, unsafe=unsafe, sld="max")


def test_of_v_predictions_the_rule_sees_epsilon(tiny_v: Model) -> None:
    """Guided predictions, converted to ε, are the rule's own on predictions converted to ε."""
    schedule = tiny_v.schedule(4)
    condition, null, concept = (tiny_v.encode([word]) for word in ("cat", "", "dog"))
    x = torch.randn(1, *tiny_v.latent_shape())
    config = SafeLatentDiffusion(0, 3.0, 0.2, 0.0, 0.0)
    units = epsilon_units(tiny_v, schedule)
    rule = Safe(condition, null, concept, 5.0, config, units)
    moment = next(trajectory(tiny_v, x, rule, schedule, torch.Generator()))
    alpha, sigma = schedule.alpha(0), schedule.sigma(0)

    def epsilon(v: torch.Tensor) -> torch.Tensor:
        return alpha * v + sigma * moment.x_t

    v = [tiny_v.predict(x, moment.t, words) for words in (null, condition, concept)]
    guided, _ = safe_latent_guidance(*map(epsilon, v), 5.0, config, Momentum())
    as_v = (guided - sigma * moment.x_t) / alpha
    expected = tiny_v.schedule(4).step(as_v, 0, x)
    torch.testing.assert_close(moment.x_next, expected, rtol=1e-4, atol=1e-4)


def test_a_set_drawn_by_sld_says_so_and_an_unknown_configuration_is_refused(
    tiny: Model, tmp_path: Path
) -> None:
    drawn = generate_set(tiny, SET, tmp_path / "sld", steps=2, unsafe="dog", sld="max")
    assert {(one.unsafe, one.sld) for one in drawn} == {("dog", "max")}
    with pytest.raises(UnknownName, match="did you mean 'medium'"):
        generate_set(tiny, SET, tmp_path / "no", steps=2, unsafe="dog", sld="medum")
    with pytest.raises(OptionError, match="unsafe"):
        generate_set(tiny, SET, tmp_path / "half", steps=2, sld="max")


def test_a_damaged_picture_is_drawn_again(tiny: Model, tmp_path: Path) -> None:
    generate_set(tiny, SET, tmp_path, steps=2)
    whole = _files(tmp_path)
    cut = tmp_path / "00002.png"
    cut.write_bytes(whole[cut.name][:60])
    generate_set(tiny, SET, tmp_path, steps=2)
    assert _files(tmp_path) == whole
