"""Names of built-in objects, and those that other packages bring by entry points."""

import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from unsee.errors import OptionError, UnknownName
from unsee.running.registry import PluginWarning, Registry


class Tool:
    """Cuts."""


class Saw(Tool):
    help = "Cuts wood.\nSlowly."


def registry(**built_in) -> Registry[Tool]:
    return Registry("tool", "unsee.test-tools", built_in, expects=Tool)


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """A folder that packages are installed into; a function that installs one."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(name: str, source: str, **points: str) -> None:
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        lines = [f"{point} = {value}" for point, value in points.items()]
        (info / "entry_points.txt").write_text("\n".join(["[unsee.test-tools]", *lines]) + "\n")

    yield install
    for file in tmp_path.glob("*.py"):
        sys.modules.pop(file.stem, None)


def test_built_in_names_come_first_in_their_order():
    saw, axe = Saw(), Tool()
    tools = registry(saw=saw, axe=axe)
    assert tools.names() == tuple(tools) == ("saw", "axe")
    assert tools.get("saw") is saw
    assert "axe" in tools
    assert "adze" not in tools


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UnknownName, match="unknown tool 'sow'; did you mean 'saw'. choose from: s"):
        registry(saw=Saw()).get("sow")


def test_a_line_describes_each():
    tools = registry(saw=Saw(), axe=Tool())
    assert tools.describe("saw") == "Cuts wood."
    assert tools.describe("axe") == "Cuts."


def test_a_module_is_imported_when_its_object_is_asked_for():
    program = (
        "import sys; from unsee.running.registry import Registry\n"
        "tools = Registry('tool', 'unsee.test-tools', {'dom': 'xml.dom.minidom:parse'})\n"
        "assert tools.names() == ('dom',) and 'dom' in tools\n"
        "assert 'xml.dom.minidom' not in sys.modules\n"
        "assert tools.get('dom').__name__ == 'parse'\n"
        "assert tools.get('dom') is tools.get('dom')\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_one_is_added_without_a_package():
    tools = registry(saw=Saw())
    axe = Tool()
    tools.add("axe", axe)
    assert tools.get("axe") is axe
    with pytest.raises(OptionError, match="there is a tool 'saw' already"):
        tools.add("saw", axe)
    assert isinstance(tools.get("saw"), Saw)


def test_a_package_brings_one(packages):
    packages("plugged", "from pathlib import Path\npath = Path('x')\n", plane="plugged:path")
    tools: Registry[Path] = Registry("tool", "unsee.test-tools", {"saw": Path("saw")}, expects=Path)
    assert tools.names() == ("saw", "plane")
    assert tools.get("plane") == Path("x")


@pytest.mark.parametrize(
    ("source", "points", "fault"),
    [
        ("import no_such_module", {"plane": "broken:x"}, "ModuleNotFoundError: No module named"),
        ("raise SystemExit('no\\nway')", {"plane": "broken:x"}, "SystemExit: no way"),
        ("", {"plane": "broken:x"}, "AttributeError: module 'broken' has no attribute 'x'"),
        ("x = 1", {"plane": "broken:x"}, "it is no Tool but int"),
        ("x = 1", {"saw": "broken:x"}, "unsee has one of that name"),
    ],
)
def test_a_broken_plugin_is_named_once_and_left_out(packages, source, points, fault):
    packages("broken", source, **points)
    saw = Saw()
    tools = registry(saw=saw)
    with pytest.warns(PluginWarning) as caught:
        assert tools.names() == ("saw",)
    (warning,) = caught
    (name,) = points
    assert str(warning.message).startswith(f"the tool {name!r} of broken is left out: {fault}")
    assert "\n" not in str(warning.message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert tools.names() == ("saw",)
        assert tools.get("saw") is saw
        with pytest.raises(UnknownName, match="choose from: saw$"):
            tools.get("plane")


def test_of_two_packages_with_one_name_the_first_stays(packages):
    packages("first", "from pathlib import Path\nx = Path('1')", plane="first:x")
    packages("second", "from pathlib import Path\nx = Path('2')", plane="second:x")
    tools: Registry[Path] = Registry("tool", "unsee.test-tools")
    with pytest.warns(PluginWarning, match="'plane' of second is left out: another package has"):
        assert tools.get("plane") == Path("1")


def test_a_built_in_one_needs_no_plugin(packages):
    packages("broken", "import no_such_module", plane="broken:x")
    saw = Saw()
    assert registry(saw=saw).get("saw") is saw
