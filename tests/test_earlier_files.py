"""Files that an earlier version wrote are still opened: erased weights, a state, a study."""

import shutil
from pathlib import Path

import pytest
import torch

import unsee
from unsee.concepts import Concept
from unsee.loading import load
from unsee.study.plan import StudyPlan
from unsee.study.store import Store

FOLDER = Path(__file__).parent / "fixtures" / "made-by-e79cfb3"
SETTINGS = {
    "lora_rank": 1, "steps": 6, "rollouts": 1, "sampler_steps": 4, "batch": 2,
    "contexts": ("a house {}",), "preserve": ("dog",),
}  # fmt: skip
"""Of lora.safetensors and of the state of it that was stopped after three steps."""


@pytest.mark.parametrize("name", ["strict", "lora"])
def test_erased_files_apply_and_leave_the_model_as_it_was(name: str) -> None:
    model = load("emoji", device="cpu")
    weights = unsee.ErasedWeights.load(FOLDER / f"{name}.safetensors")
    before = {key: value.clone() for key, value in model.network.state_dict().items()}
    expected = weights.dense(model.network)
    # The second time as the first: nothing of it stays.
    for _ in range(2):
        with weights.applied(model):
            changed = dict(model.network.named_parameters())
            for key, value in expected.items():
                assert torch.equal(changed[key].detach(), value.to(changed[key].dtype))
            assert any(not torch.equal(changed[key], before[key]) for key in expected)
        after = model.network.state_dict()
        assert all(torch.equal(value, after[key]) for key, value in before.items())
    assert weights.provenance.title == "'cat'"
    assert weights.provenance.format == 1


def test_a_state_goes_on_to_the_same_tensors(tmp_path: Path, one_thread: None) -> None:
    state = tmp_path / "lora.unfinished"
    shutil.copy(FOLDER / "lora.unfinished", state)
    steps: list[int] = []
    erased = unsee.erase(
        load("emoji", device="cpu"),
        Concept("cat", synonyms=("kitten",)),
        unsee.EraseConfig.from_recipe("emoji", **SETTINGS),
        checkpoint=state,
        progress=lambda done: steps.append(done.step),
    )
    assert steps == [4, 5, 6]
    before = unsee.ErasedWeights.load(FOLDER / "lora.safetensors")
    assert erased.tensors.keys() == before.tensors.keys()
    for name, tensor in before.tensors.items():
        # To rounding: another processor adds up in another order.
        torch.testing.assert_close(erased.tensors[name], tensor, atol=1e-6, rtol=1e-4)


def test_a_study_opens_with_its_answers(tmp_path: Path) -> None:
    shutil.copytree(FOLDER / "study", tmp_path / "study")
    plan = StudyPlan.read(tmp_path / "study", served=False)
    store = Store(f"sqlite:///{tmp_path / 'study' / 'answers.db'}", plan, make=False)
    rows = store.rows()
    store.close()
    assert len(rows) == 28
    assert all(row.answer is not None for row in rows)
    assert {row.code for row in rows} == {"N9UB-8X8H-F6BN", "89BY-FND9-VJ5D"}
