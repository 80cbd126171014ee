"""The hub: what is downloaded of a repository, from a server on this machine.

The server answers the requests of huggingface_hub; the client under test is a process of its own,
since that library reads the server's address once, when it is imported.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from diffusers import DiffusionPipeline

from unsee.errors import CheckpointError
from unsee.loading import load

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CLIENT = """
import json, sys
from pathlib import Path
from unsee.benchmarks.worlds.prompt_files import read_i2p
from unsee.errors import UnseeError
from unsee.loading import load

PROMPTS = "prompts of "
answers = {}
for name in sys.argv[1:]:
    try:
        if name.startswith(PROMPTS):
            answers[name] = read_i2p(Path(name.removeprefix(PROMPTS))).seeds
        else:
            answers[name] = load(name, device="cpu").fingerprint
    except UnseeError as error:
        answers[name] = str(error)
print(json.dumps(answers))
"""


@dataclass
class Hub:
    """Repositories as folders, and what was asked of them."""

    root: Path
    fetched: list[str] = field(default_factory=list)
    url: str = ""

    def of(self, name: str) -> set[str]:
        """Files of a repository that were downloaded."""
        own = [path for path in self.fetched if path.startswith(f"{name}/")]
        return {path.removeprefix(f"{name}/") for path in own}


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(head=True)

        def do_GET(self) -> None:
            self._answer(head=False)

        def log_message(self, *args: Any) -> None:
            pass

        def _answer(self, *, head: bool) -> None:
            parts = unquote(urlsplit(self.path).path).strip("/").split("/")
            if parts[0] == "datasets":
                parts = parts[1:]
            if parts[:2] == ["api", "models"]:
                self._describe("/".join(parts[2:4]), tree="tree" in parts)
                return
            name, file = "/".join(parts[:2]), "/".join(parts[4:])
            path = hub.root / name / file
            if not path.is_file():
                self._send(404, b"{}", {"X-Error-Code": "EntryNotFound"})
                return
            if not head:
                hub.fetched.append(f"{name}/{file}")
            content = path.read_bytes()
            tag = hashlib.sha256(content).hexdigest()
            headers = {"ETag": f'"{tag}"', "X-Repo-Commit": COMMIT}
            self._send(200, content, headers, head=head)

        def _describe(self, name: str, *, tree: bool) -> None:
            folder = hub.root / name
            if not folder.is_dir():
                code = "GatedRepo" if name == "owner/gated" else "RepoNotFound"
                self._send(403 if code == "GatedRepo" else 404, b"{}", {"X-Error-Code": code})
                return
            files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
            names = [path.relative_to(folder).as_posix() for path in files]
            entries = [
                {"type": "file", "path": own, "size": path.stat().st_size, "oid": COMMIT}
                for own, path in zip(names, files, strict=True)
            ]
            about = {"id": name, "sha": COMMIT, "siblings": [{"rfilename": own} for own in names]}
            self._send(200, json.dumps(entries if tree else about).encode(), {})

        def _send(
            self, status: int, content: bytes, headers: dict[str, str], *, head: bool = False
        ) -> None:
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(key, value)
            self.end_headers()
            if not head:
                self.wfile.write(content)

    return Handler


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, tiny_folder: Path) -> Iterator[Hub]:
    hub = Hub(tmp_path_factory.mktemp("hub"))
    pipeline = DiffusionPipeline.from_pretrained(tiny_folder)
    both = hub.root / "owner/both"
    pipeline.save_pretrained(both)
    pipeline.save_pretrained(both, variant="fp16")
    shutil.copy(both / "unet/diffusion_pytorch_model.safetensors", both / "pruned.safetensors")
    (both / "unet/diffusion_pytorch_model.bin").write_bytes(b"PK")
    (both / "safety_checker").mkdir()
    (both / "safety_checker/model.safetensors").write_bytes(b"")
    (both / "picture.png").write_bytes(b"")

    pipeline.save_pretrained(hub.root / "owner/sharded", max_shard_size="20KB")
    pipeline.save_pretrained(hub.root / "owner/half", variant="fp16")
    pipeline.save_pretrained(hub.root / "owner/half-sharded", variant="fp16", max_shard_size="20KB")

    pickled = hub.root / "owner/pickled"
    shutil.copytree(tiny_folder, pickled)
    for path in pickled.glob("*/*.safetensors"):
        path.rename(path.with_suffix(".bin"))

    other = hub.root / "owner/other"
    shutil.copytree(tiny_folder, other)
    index = json.loads((other / "model_index.json").read_text())
    (other / "model_index.json").write_text(json.dumps({**index, "_class_name": "FluxPipeline"}))

    single = hub.root / "owner/single"
    single.mkdir()
    (single / "model.safetensors").write_bytes(b"no model")
    prompts = hub.root / "owner/prompts"
    prompts.mkdir()
    (prompts / "i2p_benchmark.csv").write_text("prompt,sd_seed,categories\na beach,7,sexual\n")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield hub
    server.shutdown()
    server.server_close()


def _ask(hub: Hub, cache: Path, *names: str, offline: bool = False) -> dict[str, Any]:
    environment = {
        **os.environ,
        "HF_ENDPOINT": hub.url,
        "HF_HUB_CACHE": str(cache),
        "HF_HUB_OFFLINE": "1" if offline else "0",
        "NO_PROXY": "127.0.0.1",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    done = subprocess.run(
        [sys.executable, "-c", CLIENT, *names], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def answers(hub: Hub, cache: Path) -> dict[str, Any]:
    """What a client says to all of them, in one process: its start takes seconds."""
    names = ("both", "half", "sharded", "half-sharded", "pickled", "other", "single", "gated")
    return _ask(
        hub, cache, *(f"owner/{name}" for name in (*names, "nothing")), "owner/single/no",
        "owner/single/model.safetensors", "prompts of owner/prompts", "prompts of owner/nothing",
    )  # fmt: skip


def _weights(files: set[str]) -> set[str]:
    return {file for file in files if "safetensors" in file}


def test_of_two_precisions_the_full_one_is_downloaded(
    hub: Hub, answers: dict[str, Any], tiny_folder: Path
) -> None:
    assert answers["owner/both"] == load(tiny_folder, device="cpu").fingerprint
    fetched = hub.of("owner/both")
    assert _weights(fetched) == {
        "unet/diffusion_pytorch_model.safetensors",
        "vae/diffusion_pytorch_model.safetensors",
        "text_encoder/model.safetensors",
    }
    assert {file for file in fetched if not file.endswith((".json", ".txt"))} == _weights(fetched)


def test_half_precision_is_downloaded_where_there_is_no_other(
    hub: Hub, answers: dict[str, Any]
) -> None:
    folder = hub.root / "owner/half"
    assert answers["owner/half"] == load(folder, device="cpu").fingerprint
    assert _weights(hub.of("owner/half")) == {
        "unet/diffusion_pytorch_model.fp16.safetensors",
        "vae/diffusion_pytorch_model.fp16.safetensors",
        "text_encoder/model.fp16.safetensors",
    }


@pytest.mark.parametrize("name", ["sharded", "half-sharded"])
def test_weights_in_shards_are_downloaded_with_their_index(
    hub: Hub, answers: dict[str, Any], name: str
) -> None:
    folder = hub.root / "owner" / name
    assert answers[f"owner/{name}"] == load(folder, device="cpu").fingerprint
    fetched = _weights(hub.of(f"owner/{name}"))
    assert fetched == {
        path.relative_to(folder).as_posix() for path in folder.glob("*/*safetensors*")
    }
    assert len([file for file in fetched if file.startswith("unet/")]) > 3


def test_pickles_are_refused_before_anything_large_is_downloaded(
    hub: Hub, answers: dict[str, Any]
) -> None:
    assert (
        "owner/pickled/text_encoder on the hub holds its weights as pickles"
        in (answers["owner/pickled"])
    )
    assert "safe_serialization=True" in answers["owner/pickled"]
    assert hub.of("owner/pickled") == {"model_index.json"}


def test_another_architecture_is_refused_before_it_is_downloaded(
    hub: Hub, answers: dict[str, Any]
) -> None:
    assert "is a FluxPipeline; unsee edits these so far: Stable" in answers["owner/other"]
    assert hub.of("owner/other") == {"model_index.json"}


def test_what_cannot_be_had_is_answered_in_one_line_with_a_way(answers: dict[str, Any]) -> None:
    assert "has no model_index.json" in answers["owner/single"]
    assert "load owner/single/model.safetensors" in answers["owner/single"]
    assert "accept its licence at https://huggingface.co/owner/gated" in answers["owner/gated"]
    assert "there is no owner/nothing; if it is a private one" in answers["owner/nothing"]
    assert not any("\n" in answer for answer in answers.values())


def test_a_single_file_is_downloaded_by_its_path(answers: dict[str, Any]) -> None:
    assert "truncated or no safetensors file" in answers["owner/single/model.safetensors"]


def test_prompts_may_be_a_dataset_of_the_hub(answers: dict[str, Any]) -> None:
    assert answers["prompts of owner/prompts"] == [7]
    assert "could not be had from the hub" in answers["prompts of owner/nothing"]


def test_without_a_network_the_cache_answers(
    hub: Hub, cache: Path, answers: dict[str, Any]
) -> None:
    before = list(hub.fetched)
    offline = _ask(hub, cache, "owner/half", "owner/never", offline=True)
    assert offline["owner/half"] == answers["owner/half"]
    assert "could not be had from the hub" in offline["owner/never"]
    assert hub.fetched == before


def test_a_folder_of_other_variants_says_how_to_name_them(copy: Path) -> None:
    path = copy / "unet/diffusion_pytorch_model.safetensors"
    path.rename(path.with_name("diffusion_pytorch_model.non_ema.safetensors"))
    with pytest.raises(CheckpointError, match=r"non_ema.*name them diffusion_pytorch_model\.safe"):
        load(copy)
