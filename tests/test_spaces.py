"""The folder `spaces/` is a whole Space: its settings, what it needs, and an app that answers."""

import os
import re
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from pathlib import Path

import pytest

import unsee

ROOT = Path(__file__).parent.parent
SPACE = ROOT / "spaces"


def _requirements() -> set[str]:
    lines = (SPACE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def test_the_requirements_are_those_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert _requirements() == set(project["dependencies"])


def test_the_settings_name_what_is_there() -> None:
    text = (SPACE / "README.md").read_text(encoding="utf-8")
    settings = dict(re.findall(r"^(\w+): (.+)$", text.split("---")[1], flags=re.MULTILINE))
    assert settings["sdk"] == "gradio"
    assert (SPACE / settings["app_file"]).is_file()
    assert len(settings["short_description"]) <= 60
    # A version that the extra allows.
    (least,) = (
        re.findall(r"gradio>=([\d.]+)", line)[0]
        for line in (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
        if line.startswith("ui = ")
    )
    version = tuple(map(int, settings["sdk_version"].split(".")))
    assert version >= tuple(map(int, least.split(".")))


def test_the_app_answers_with_the_package_beside_it(tmp_path: Path) -> None:
    """As the hub runs it: a folder with the Space's files and the package, nothing installed."""
    pytest.importorskip("gradio")
    shutil.copytree(SPACE, tmp_path, dirs_exist_ok=True)
    (tmp_path / "unsee").symlink_to(Path(unsee.__file__).parent)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    own = {"GRADIO_SERVER_PORT": str(port), "OMP_NUM_THREADS": "1", "PYTHONPATH": _paths()}
    app = subprocess.Popen([sys.executable, "app.py"], cwd=tmp_path, env={**os.environ, **own})
    try:
        page = _answer(f"http://127.0.0.1:{port}/", app)
        assert "unsee: erase a concept" in page
        assert (tmp_path / "erased").is_dir()
    finally:
        app.send_signal(signal.SIGTERM)
        assert app.wait(30) == 0


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("UNSEE_MODELS", "emojy", "unknown model 'emojy'; did you mean 'emoji'?"),
        ("UNSEE_MOST_STEPS", "many", "UNSEE_MOST_STEPS must be a whole number, not 'many'"),
    ],
)
def test_a_wrong_variable_is_one_line_of_the_log(
    name: str, value: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("gradio")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(SPACE / "app.py"), run_name="__main__")
    assert str(ended.value).startswith(f"unsee: error: {told}")
    assert "\n" not in str(ended.value)
    assert list(tmp_path.iterdir()) == []


def _paths() -> str:
    """What is on the path already, without the package's own source."""
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return os.pathsep.join(path for path in paths if path and not (Path(path) / "unsee").is_dir())


def _answer(address: str, app: "subprocess.Popen[bytes]") -> str:
    end = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(address, timeout=20) as response:
                return response.read().decode()
        except OSError:
            assert app.poll() is None, "the app ended"
            assert time.monotonic() < end
            time.sleep(0.2)
