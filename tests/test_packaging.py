import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
needs_sh = pytest.mark.skipif(sys.platform == "win32", reason="set-up by make is for Linux and macOS")


def run(*command, cwd=ROOT, **env):
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def wheel_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    built = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def wheel(wheel_file):
    with zipfile.ZipFile(wheel_file) as archive:
        yield archive


def test_the_wheel_holds_two_packages_and_nothing_else(wheel):
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert tops == {"nn_core", "nn_unfold", f"nn_unfold-{PROJECT['version']}.dist-info"}


def test_the_wheel_holds_every_file_of_the_packages_and_the_films(wheel):
    """The films lie in `scenes/` here and in `nn_unfold/films/` there."""
    expected = {}
    for folder, place in (("nn_core", "nn_core"), ("nn_unfold", "nn_unfold"), ("scenes", "nn_unfold/films")):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                expected[f"{place}/{path.relative_to(ROOT / folder).as_posix()}"] = path.read_bytes()
    assert {
        "nn_core/data/mnist-2000-500.npz",
        "nn_core/data/land-110m.npz",
        "nn_unfold/films/relu_fold.py",
        "nn_unfold/py.typed",
    } <= expected.keys()
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == expected.keys()
    for name, content in expected.items():
        assert wheel.read(name) == content


def test_the_wheel_carries_licence_and_notices(wheel):
    info = f"nn_unfold-{PROJECT['version']}.dist-info"
    for name in ("LICENSE", "NOTICES.md"):
        assert wheel.read(f"{info}/licenses/{name}") == (ROOT / name).read_bytes()


@pytest.fixture(scope="module")
def environment(tmp_path_factory, wheel_file):
    """The programs of a new environment with the wheel in it; it shares the dependencies of this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder / "env", with_pip=False)
    programs = folder / "env" / ("Scripts" if sys.platform == "win32" else "bin")
    options = ["install", "--quiet", "--no-deps", "--no-index", str(wheel_file)]
    installed = run(sys.executable, "-m", "pip", "--python", str(programs / "python"), *options)
    assert installed.returncode == 0, installed.stderr
    (site,) = (folder / "env").rglob("site-packages")
    # Folders that a .pth file names are searched, but .pth files in them are not read: no editable checkout is found.
    (site / "dependencies.pth").write_text("\n".join({sysconfig.get_path(kind) for kind in ("purelib", "platlib")}))
    return programs


@pytest.fixture
def desk(tmp_path):
    """An author's folder: a film, and a package `scenes` that is not ours."""
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / "__init__.py").write_text("WHOSE = 'the author'")
    (tmp_path / "mine.py").write_text(
        "from manim import FadeIn\n"
        "from nn_unfold import Sheet, Stage\n"
        "from scenes import WHOSE\n"
        "class Mine(Stage):\n"
        "    def construct(self):\n"
        "        sheet = Sheet((-1, 1, -1, 1))\n"
        "        self.look(sheet)\n"
        "        with self.beat(f'A plane of {WHOSE}.'):\n"
        "            self.play(FadeIn(sheet))\n"
    )
    return tmp_path


def test_the_installed_package_works_beside_an_own_folder_of_scenes(environment, desk):
    clean = {"PYTHONPATH": "", "OMP_NUM_THREADS": "1", "LP_NUM_THREADS": "0", "COLUMNS": "300"}
    where = run(environment / "python", "-c", "import nn_unfold; print(nn_unfold.__file__)", cwd=desk, **clean)
    assert Path(where.stdout.strip()).is_relative_to(environment.parent), where.stdout + where.stderr

    done = run(environment / "unfold", "render", "mine.py", "-q", "l", "--json", cwd=desk, **clean)
    assert done.returncode == 0, done.stdout + done.stderr
    (report,) = json.loads(done.stdout)["films"]
    assert Path(report["file"]).is_relative_to(desk / "media")
    assert report["message"] is None

    # The settings that make segments equal need no manim.cfg: Manim itself finds all of them.
    manim = run(environment / "python", "-m", "manim", "render", "-ql", "mine.py", cwd=desk, **clean)
    assert manim.returncode == 0, manim.stdout + manim.stderr
    assert manim.stdout.count("Using cached data") >= report["segments"]

    shipped = run(environment / "unfold", "render", "relu_fold", "--still", "-q", "l", "--json", cwd=desk, **clean)
    assert shipped.returncode == 0, shipped.stdout + shipped.stderr

    (desk / "manim.cfg").write_text("[CLI]\nmedia_dir = films\n")
    done = run(environment / "unfold", "render", "mine.py", "-q", "l", "--json", cwd=desk, **clean)
    assert Path(json.loads(done.stdout)["films"][0]["file"]).is_relative_to(desk / "films")


def test_the_installed_command_plugin_of_manim_and_plugin_of_pytest(environment, desk):
    clean = {"PYTHONPATH": ""}
    listed = run(environment / "python", "-m", "nn_unfold", "list", "--json", cwd=desk, **clean)
    assert {film["name"] for film in json.loads(listed.stdout)} == {
        path.stem for path in (ROOT / "scenes").glob("[!_]*.py")
    }
    assert run(environment / "unfold", "doctor", cwd=desk, **clean).returncode == 0
    for name, words in (
        ("nope.py", "nope.py': `unfold list` shows the films"),
        ("scenes/", "There is no file"),
        ("a.txt", "no Python file"),
    ):
        (desk / "a.txt").write_text("")
        missing = run(environment / "python", "-m", "manim", "render", name, cwd=desk, **clean)
        assert missing.returncode == 2
        assert words in missing.stderr
        assert "Traceback" not in missing.stdout + missing.stderr
    asked = run(environment / "python", "-m", "pytest", "--help", cwd=desk, **clean)
    assert "--update-snapshots" in asked.stdout


def test_the_source_distribution_gives_the_same_wheel(wheel, tmp_path):
    built = run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path))
    assert built.returncode == 0, built.stderr
    (path,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = (path for path in tmp_path.iterdir() if path.is_dir())
    built = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path), cwd=source)
    assert built.returncode == 0, built.stderr
    (path,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(path) as again:
        assert set(again.namelist()) == set(wheel.namelist())


def test_the_lock_has_every_pin_with_hashes_and_names_no_registry():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = {canonicalize_name(line.split("==")[0]): line.split("==")[1] for line in lines if line and line[0] != "#"}
    entries = re.findall(
        r"^([\w.-]+)(?:\[[\w,]+\])?==([^\s;]+).*\\\n((?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", text, re.M
    )
    # Packages for other systems than those of constraints.txt come on top.
    assert pins.items() <= {canonicalize_name(name): version for name, version, _ in entries}.items()
    assert "://" not in text


def test_nn_core_never_imports_a_picture_library():
    program = (
        "import pkgutil, sys, nn_core\n"
        "for module in pkgutil.walk_packages(nn_core.__path__, 'nn_core.'): __import__(module.name)\n"
        "print(*sorted({'manim', 'moderngl', 'cairo', 'av', 'PIL', 'nn_unfold'} & set(sys.modules)))"
    )
    imported = run(sys.executable, "-c", program)
    assert imported.returncode == 0, imported.stderr
    assert imported.stdout.split() == []


def test_every_direct_requirement_is_pinned_and_the_pin_fits():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.lower().replace("_", "-").split("==") for line in lines if line and line[0] != "#")
    extras = PROJECT["optional-dependencies"].values()
    for requirement in map(Requirement, [*PROJECT["dependencies"], *itertools.chain(*extras)]):
        if requirement.name != PROJECT["name"]:
            assert requirement.specifier.contains(pins[requirement.name.lower()]), requirement


def test_the_version_is_the_same_everywhere():
    version = PROJECT["version"]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\n## [{version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@needs_sh
def test_make_help_lists_every_target_and_is_the_default():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (targets,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.M)
    shown = run("make")
    assert shown.returncode == 0, shown.stderr
    assert re.findall(r"^  make (\w+) +\S", shown.stdout, re.M) == targets.split()


class Machine:
    """A copy of the set-up script in a folder of its own, with a PATH that holds only what is put there."""

    def __init__(self, folder):
        self.project = folder / "project"
        self.bin = folder / "bin"
        self.project.mkdir()
        self.bin.mkdir()
        for name in ("setup.sh", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, self.project)
        tools = "awk cat chmod cksum df dirname fold grep mkdir mktemp mv readlink rm sh sleep tail tee uname"
        for name in tools.split():
            (self.bin / name).symlink_to(shutil.which(name))
        self.command("ldconfig", 'echo "libEGL.so.1 libGL.so.1"')

    def command(self, name, body):
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(0o755)

    def python(self):
        (self.bin / "python3").symlink_to(sys.executable)

    def setup(self, **env):
        # The script itself adds /sbin to look for ldconfig; the fake one comes first.
        return run("/bin/sh", "setup.sh", cwd=self.project, PATH=str(self.bin), **env)

    @property
    def is_set_up(self):
        return (self.project / ".venv" / "unfold-is-set-up").exists()


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@needs_sh
def test_an_old_python_is_named(machine):
    old = "import sys; sys.version_info = (3, 9, 2); exec(sys.argv[1])"
    machine.command(
        "python3",
        f"""case "$1" in --version) echo Python 3.9.2;; *) '{sys.executable}' -c '{old}' "$2";; esac""",
    )
    outcome = machine.setup()
    assert outcome.returncode == 1
    assert "Python 3.11 or newer is needed, and found was Python 3.9.2" in outcome.stderr


@needs_sh
@pytest.mark.parametrize("sudo", [None, "exit 1"], ids=["no sudo", "sudo refuses"])
def test_without_administrator_rights_the_line_to_ask_for_is_shown(machine, sudo):
    machine.python()
    machine.command("apt-get", "echo apt-get was called; exit 99")
    machine.command("id", "echo 1000")
    machine.command("ldconfig", "")
    if sudo:
        machine.command("sudo", sudo)
    outcome = machine.setup()
    assert outcome.returncode == 1
    assert re.search(r"apt-get install .*\blibegl1 libgl1\b.* gcc .*pkg-config libcairo2-dev", outcome.stderr)
    assert "apt-get was called" not in outcome.stdout + outcome.stderr


@needs_sh
@pytest.mark.parametrize("refused", [True, False])
def test_system_packages_are_announced_and_can_be_refused(machine, refused):
    # What follows the system packages is for other tests: an environment takes seconds to make.
    machine.command("python3", f"""[ "$2" != venv ] && exec '{sys.executable}' "$@" """)
    machine.command("apt-get", 'echo "$@" >> apt-calls')
    machine.command("dpkg", ":")
    machine.command("env", 'shift; exec "$@"')
    machine.command("id", "echo 0")
    outcome = machine.setup(**({"UNFOLD_APT": "no"} if refused else {}))
    calls = machine.project / "apt-calls"
    assert outcome.returncode == 1
    if refused:
        assert "UNFOLD_APT=no" in outcome.stderr
        assert not calls.exists()
    else:
        assert outcome.stdout.startswith("These system packages are missing and will now be installed")
        assert "UNFOLD_APT=no" in outcome.stdout
        assert "libcairo2-dev" in calls.read_text(encoding="utf-8")


@needs_sh
def test_another_linux_is_told_its_own_package_names(machine):
    machine.python()
    machine.command("dnf", ":")
    outcome = machine.setup()
    assert outcome.returncode == 1
    assert "a C compiler" in outcome.stderr
    assert "sudo dnf install gcc python3-devel" in outcome.stderr


@needs_sh
def test_a_set_up_that_fails_leaves_nothing_that_looks_finished(machine):
    machine.python()
    for name in ("cc", "pkg-config"):
        machine.command(name, ":")
    outcome = machine.setup(PIP_NO_INDEX="1", PIP_FIND_LINKS="")
    assert outcome.returncode == 1
    assert "could not be fetched. Check the network" in outcome.stderr
    assert not machine.is_set_up


@needs_sh
def test_a_finished_set_up_is_left_alone_until_its_recipe_changes(machine):
    for name in ("cc", "pkg-config"):
        machine.command(name, ":")
    # A Python whose environments hold a pip that installs nothing: what is tested is when it is called.
    machine.command("recorder", 'echo "$@" >> pip-calls')
    machine.command(
        "python3",
        'case "$*" in "-m venv"*) mkdir -p .venv/bin; echo "$PWD/.venv" > .venv/pyvenv.cfg\n'
        "cat ../bin/recorder > .venv/bin/python; chmod +x .venv/bin/python;; esac",
    )

    def installs():
        return (machine.project / "pip-calls").read_text(encoding="utf-8").count("-m pip install")

    assert machine.setup().returncode == 0
    assert machine.is_set_up
    assert installs() == 1

    second = machine.setup()
    assert (second.returncode, second.stdout) == (0, "")
    assert installs() == 1

    with (machine.project / "constraints.txt").open("a", encoding="utf-8") as file:
        file.write("# another recipe\n")
    assert machine.setup().returncode == 0
    assert installs() == 2
