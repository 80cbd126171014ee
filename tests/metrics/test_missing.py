"""Evaluators whose package or weights are not there, or whose weights hold something else."""

import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from unsee.errors import CheckpointError, MissingExtra, OptionError, UnknownName
from unsee.metrics.align import load_clip
from unsee.metrics.classify import load_classifier
from unsee.metrics.detect import load_detector
from unsee.metrics.distance import NETS, load_lpips, lpips_distances
from unsee.metrics.evaluators import batches, read_weights
from unsee.metrics.inception import load_inception


@pytest.mark.parametrize(
    ("package", "load", "what"),
    [
        ("lpips", load_lpips, "LPIPS"),
        ("torch_fidelity", load_inception, "FID"),
        ("nudenet", load_detector, "NudeNet"),
    ],
)
def test_a_missing_package_is_named_with_the_line_that_installs_it(
    package: str, load: Callable[[], Any], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra) as refused:
        load()
    assert str(refused.value) == f"{what} needs an extra: pip install 'unsee[metrics]'"


@pytest.mark.parametrize("load", [load_clip, load_classifier])
def test_a_model_that_is_not_there_is_named(load: Callable[[Path], Any], tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=f"cannot be had from {tmp_path / 'nothing'}"):
        load(tmp_path / "nothing")


def test_without_a_network_a_hub_id_that_was_never_downloaded_is_named() -> None:
    with pytest.raises(CheckpointError, match="a classifier cannot be had from nobody/nothing: "):
        load_classifier("nobody/nothing")


def test_weights_are_read_from_either_kind_of_file(tmp_path: Path) -> None:
    weights = {"one": torch.randn(3), "two": torch.randn(2, 2)}
    save_file(weights, tmp_path / "a.safetensors")
    torch.save(weights, tmp_path / "a.pth")
    for name in ("a.safetensors", "a.pth"):
        read = read_weights(tmp_path / name)
        assert set(read) == set(weights)
        assert all(torch.equal(read[key], weights[key]) for key in weights)


class _Trap:
    """Leaves a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_code_hidden_in_a_file_of_weights_is_not_run(tmp_path: Path) -> None:
    torch.save({"one": _Trap(tmp_path / "sprung")}, tmp_path / "new.pth")
    (tmp_path / "old.pth").write_bytes(pickle.dumps(_Trap(tmp_path / "sprung"), protocol=2))
    (tmp_path / "torn.safetensors").write_bytes(b"\x08\x00")
    for name in ("new.pth", "old.pth", "torn.safetensors", "nothing.pth"):
        with pytest.raises(
            CheckpointError, match=f"weights cannot be had from .*{name}: "
        ) as refused:
            read_weights(tmp_path / name)
        assert "weights_only" not in str(refused.value)
        assert "\n" not in str(refused.value)
    assert not (tmp_path / "sprung").exists()


def test_an_unknown_network_is_refused_before_anything_is_imported() -> None:
    with pytest.raises(UnknownName, match="did you mean 'alex'"):
        load_lpips("alexa")
    assert list(NETS) == sorted(NETS)


@pytest.mark.parametrize(
    ("package", "load", "reason"),
    [
        ("lpips", load_lpips, "it lacks features.0.bias"),
        ("torch_fidelity", load_inception, "Error"),
    ],
)
def test_weights_of_another_network_are_refused(
    package: str, load: Callable[..., Any], reason: str, tmp_path: Path
) -> None:
    pytest.importorskip(package)
    save_file({"one": torch.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(CheckpointError, match=f"cannot be had from .*other.safetensors: {reason}"):
        load(weights=tmp_path / "other.safetensors")


def test_lpips_is_0_of_a_picture_and_itself_and_loading_it_moves_no_seed(tmp_path: Path) -> None:
    pytest.importorskip("lpips")
    models = pytest.importorskip("torchvision.models")
    torch.manual_seed(0)
    save_file(models.alexnet().state_dict(), tmp_path / "alex.safetensors")
    state = torch.get_rng_state()
    network = load_lpips(weights=tmp_path / "alex.safetensors")
    assert torch.equal(torch.get_rng_state(), state)
    one, other = (Image.linear_gradient("L").resize((w, 64)) for w in (64, 80))
    turned = one.rotate(90)
    distances = lpips_distances(network, [one, one, other], [one, turned, other])
    assert distances[0] == distances[2] == 0
    assert distances[1] > 0
    back = lpips_distances(network, [turned], [one])
    assert float(back) == pytest.approx(float(distances[1]), rel=1e-5)


def test_pictures_of_two_sizes_have_no_distance() -> None:
    small, large = Image.new("RGB", (8, 8)), Image.new("RGB", (8, 9))
    with pytest.raises(OptionError, match=r"pictures 1 are \(8, 8\) and \(8, 9\) pixels; resize"):
        lpips_distances(torch.nn.Identity(), [small, small], [small, large])


def test_batches_hold_all_pictures_in_order_and_only_equal_sizes() -> None:
    sizes = [(2, 3)] * 5 + [(3, 2)] + [(2, 3)]
    images = [Image.new("RGB", size, (place, 0, 7)) for place, size in enumerate(sizes)]
    found = list(batches(images, 2))
    assert [tuple(one.shape) for one in found] == [
        (2, 3, 3, 2),
        (2, 3, 3, 2),
        (1, 3, 3, 2),
        (1, 3, 2, 3),
        (1, 3, 3, 2),
    ]
    assert [int(row[0, 0, 0]) for one in found for row in one] == list(range(7))
    assert all(bool((one[:, 2] == 7).all()) for one in found)
    assert all(one.dtype == torch.uint8 for one in found)
