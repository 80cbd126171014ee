"""Stopping and going on: the same bytes as without a stop, and no state taken for another's."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from unsee.concepts import Concept
from unsee.erasing.config import EraseConfig
from unsee.erasing.erase import EraseStep, erase
from unsee.errors import CheckpointError, OutputError, Stopped
from unsee.loading import Model
from unsee.running import loop

SETTINGS = {
    "edited": {"source": "edited", "sampler_steps": 3, "batch": 2},
    # Three trajectories of four steps and batches of five: the stock is never empty at a stop.
    "original": {"source": "original", "sampler_steps": 4, "batch": 5, "rollouts": 3, "reuse": 2},
}
CONCEPT = Concept("cat", synonyms=("kitten",))


def _config(source: str, **settings: Any) -> EraseConfig:
    return EraseConfig(**{"steps": 8, "lr": 1e-3, **SETTINGS[source], **settings})


def _at(step: int, act: Callable[[], None]) -> Callable[[EraseStep], None]:
    def progress(done: EraseStep) -> None:
        if done.step == step:
            act()

    return progress


def _ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def _raise_keyboard_interrupt() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("press", [_ctrl_c, _raise_keyboard_interrupt])
@pytest.mark.parametrize("source", SETTINGS)
def test_stopping_anywhere_and_going_on_gives_the_same_bytes(
    tiny: Model, tmp_path: Path, source: str, press: Callable[[], None]
) -> None:
    expected = erase(tiny, CONCEPT, _config(source)).save(tmp_path / "whole").read_bytes()
    state = tmp_path / "state"
    for stop in (1, 2, 5, 7):
        with pytest.raises(Stopped, match=f"after step {stop} of 8; the state is in") as caught:
            erase(tiny, CONCEPT, _config(source), checkpoint=state, progress=_at(stop, press))
        assert caught.value.checkpoint == state
    seen: list[int] = []
    erased = erase(
        tiny, CONCEPT, _config(source), checkpoint=state, progress=lambda s: seen.append(s.step)
    )
    assert seen == [8]
    assert erased.save(tmp_path / "resumed").read_bytes() == expected


@pytest.mark.parametrize("source", SETTINGS)
@pytest.mark.parametrize("method", ["esd-u", "full"])
def test_going_on_in_a_new_process_would_do_the_same(
    tiny: Model, tiny_v: Model, tmp_path: Path, source: str, method: str
) -> None:
    # A model that was loaded afresh, since nothing but the file may carry over.
    fresh = Model(
        tiny.name,
        tokenizer=tiny.text_encoders[0].tokenizer,
        text_encoder=tiny.text_encoders[0].network,
        unet=type(tiny.network).from_config(tiny.network.config),
        vae=tiny.autoencoder.network,
        scheduler=tiny.scheduler,
    )
    fresh.network.load_state_dict(tiny.network.state_dict())
    config = _config(source, method=method)
    state = tmp_path / "state"
    with pytest.raises(Stopped):
        erase(tiny, CONCEPT, config, checkpoint=state, progress=_at(3, _ctrl_c))
    resumed = erase(fresh, CONCEPT, config, checkpoint=state)
    assert resumed.sha256 == erase(tiny, CONCEPT, config).sha256


KILLED = """
import os, signal, sys
import torch
from unsee.concepts import Concept
from unsee.erasing.config import EraseConfig
from unsee.erasing.erase import erase
from unsee.loading import load
from unsee.running import loop

folder, state, config, threads, step = sys.argv[1:]
torch.set_num_threads(int(threads))
loop.SAVE_EVERY = 0.0
def progress(done):
    if done.step == int(step):
        os.kill(os.getpid(), signal.SIGKILL)
concept = Concept("cat", synonyms=("kitten",))
erase(load(folder, device="cpu"), concept, EraseConfig(**eval(config)), progress=progress,
      checkpoint=state)
"""


def test_kill_9_and_the_same_call_again_give_the_same_bytes(
    tiny: Model, tiny_folder: Path, tmp_path: Path
) -> None:
    config, state = _config("original"), tmp_path / "state"
    arguments = [tiny_folder, state, asdict(config), torch.get_num_threads(), 6]
    command = [sys.executable, "-c", KILLED, *map(str, arguments)]
    assert subprocess.run(command, timeout=300).returncode == -signal.SIGKILL
    seen: list[int] = []
    erased = erase(tiny, CONCEPT, config, checkpoint=state, progress=lambda s: seen.append(s.step))
    assert 1 < seen[0] <= 6
    assert erased.sha256 == erase(tiny, CONCEPT, config).sha256


def test_what_is_saved_on_the_way_serves_after_an_error(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(loop, "SAVE_EVERY", 0.0)
    state = tmp_path / "state"
    with pytest.raises(ZeroDivisionError):
        erase(tiny, "cat", _config("original"), checkpoint=state, progress=_at(6, die))
    seen: list[int] = []
    resumed = erase(
        tiny, "cat", _config("original"), checkpoint=state, progress=lambda s: seen.append(s.step)
    )
    # How many savings there were until step 6 depends on how long they took; the first is sure.
    assert 1 < seen[0] <= 6
    assert seen == list(range(seen[0], 9))
    assert resumed.sha256 == erase(tiny, "cat", _config("original")).sha256


def test_a_finished_state_gives_the_result_without_another_step(
    tiny: Model, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    first = erase(tiny, "cat", _config("edited"), checkpoint=state)
    assert list(tmp_path.iterdir()) == [state]
    again = erase(
        tiny,
        "cat",
        _config("edited"),
        checkpoint=state,
        progress=lambda step: pytest.fail("trained"),
    )
    assert again.sha256 == first.sha256


def test_ctrl_c_at_the_last_step_is_too_late_to_stop(tiny: Model, tmp_path: Path) -> None:
    erased = erase(
        tiny, "cat", _config("edited"), checkpoint=tmp_path / "s", progress=_at(8, _ctrl_c)
    )
    assert erased.sha256 == erase(tiny, "cat", _config("edited")).sha256


def test_a_state_holds_no_pickle_and_says_whose_it_is(tiny: Model, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with pytest.raises(Stopped):
        erase(tiny, "cat", _config("original"), checkpoint=state, progress=_at(1, _ctrl_c))
    with safe_open(state, framework="pt") as file:
        names = set(file.keys())
        assert list(file.metadata()) == ["unsee-state"]
    assert {name.split("/")[0] for name in names} == {"student", "adam", "stock", "generator"}


@pytest.mark.parametrize(
    ("concept", "settings", "message"),
    [
        ("cat", {"eta": 3.0}, "config eta was 1.0, not 3.0"),
        ("cat", {"seed": 1}, "config seed was 0, not 1"),
        ("cat", {"steps": 9}, "config steps was 8, not 9"),
        ("dog", {}, "concepts 1 phrase was 'cat', not 'dog'"),
    ],
)
def test_the_state_of_another_run_is_refused_with_the_difference(
    tiny: Model, tmp_path: Path, concept: str, settings: dict[str, Any], message: str
) -> None:
    state = tmp_path / "state"
    with pytest.raises(Stopped):
        erase(tiny, "cat", _config("edited"), checkpoint=state, progress=_at(1, _ctrl_c))
    before = state.read_bytes()
    with pytest.raises(CheckpointError, match=message):
        erase(tiny, concept, _config("edited", **settings), checkpoint=state)
    assert state.read_bytes() == before


def test_the_state_of_another_model_is_refused(tiny: Model, tiny_v: Model, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with pytest.raises(Stopped):
        erase(tiny, "cat", _config("edited"), checkpoint=state, progress=_at(1, _ctrl_c))
    with pytest.raises(CheckpointError, match="base was 'tiny', not 'tiny-v'"):
        erase(tiny_v, "cat", _config("edited"), checkpoint=state)


def test_a_damaged_or_foreign_state_is_refused(tiny: Model, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with pytest.raises(Stopped):
        erase(tiny, "cat", _config("edited"), checkpoint=state, progress=_at(1, _ctrl_c))
    whole, tensors = state.read_bytes(), load_file(state)

    def truncated() -> None:
        state.write_bytes(whole[:-50])

    def foreign() -> None:
        save_file(tensors, state)

    def text() -> None:
        state.write_text("hello")

    def incomplete() -> None:
        with safe_open(state, framework="pt") as file:
            metadata = file.metadata()
        save_file({"generator": tensors["generator"]}, state, metadata=metadata)

    for damage in (truncated, foreign, text, incomplete):
        state.write_bytes(whole)
        damage()
        with pytest.raises(CheckpointError, match="no saved state, or a damaged one"):
            erase(tiny, "cat", _config("edited"), checkpoint=state)


def test_a_state_that_cannot_be_written_is_an_error_before_the_training(
    tiny: Model, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        erase(
            tiny,
            "cat",
            _config("edited"),
            checkpoint=tmp_path / "file" / "state",
            progress=lambda step: pytest.fail("trained"),
        )


FULL_DISK = """
import resource, sys
from pathlib import Path
from unsee.concepts import Concept
from unsee.erasing.config import EraseConfig
from unsee.erasing.erase import erase
from unsee.errors import OutputError
from unsee.loading import load

folder, state, config = sys.argv[1:]
model, config = load(folder, device="cpu"), EraseConfig(**eval(config))
concept, place = Concept("cat", synonyms=("kitten",)), Path(state).parent
erased = erase(model, concept, config)
# No file may grow beyond 4 KiB: what a full disk, or a quota, answers to a writer.
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
for attempt in (
    lambda: erased.save(place / "out.safetensors"),
    lambda: erase(model, concept, config, checkpoint=state),
    lambda: erase(model, concept, config, cache=place / "cache"),
):
    try:
        attempt()
    except OutputError as error:
        print(error)
"""


def test_a_full_disk_loses_nothing_and_leaves_nothing_half_written(
    tiny: Model, tiny_folder: Path, tmp_path: Path
) -> None:
    config, state = _config("original"), tmp_path / "state"
    with pytest.raises(Stopped):
        erase(tiny, CONCEPT, config, checkpoint=state, progress=_at(3, _ctrl_c))
    before = state.read_bytes()
    # In a process of its own: the limit would stop the report of the tests too.
    arguments = [tiny_folder, state, asdict(config)]
    command = [sys.executable, "-c", FULL_DISK, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    assert [line[:12] for line in done.stdout.splitlines()] == ["cannot write"] * 3
    assert state.read_bytes() == before
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [state]
