"""What holds for the repository as a whole: what is committed, what is pinned, what is said of it."""

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

import popresearch

ROOT = Path(__file__).resolve().parents[1]
MEGABYTE = 1_000_000
PEERS = "peers"  # optional group
# Letters in brackets, so that these lines do not hold what they look for.
ADDRESSES = re.compile(
    r"https?://[a-z.]*(?:registry|index|files)\.[a-z]+|[p]ypi\.org/simple|--(?:extra-)?[i]ndex-url[ =]"
)
MACHINE_PATHS = re.compile(r"/(?:[w]ork|[f]arm|[r]oot|opt/[p]ypi)/|/[h]ome/\w+/|/[U]sers/\w+/|[f]ile://[/\w]")


@cache
def committed() -> tuple[Path, ...]:
    """List the files that git knows of in this folder."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    paths = tuple(
        ROOT / name for name in listed.stdout.decode("utf-8").split("\0") if name and (ROOT / name).is_file()
    )
    assert paths, "git lists no file here: the checks below would pass without looking at one"
    return paths


def texts() -> dict[str, str]:
    """Read the committed files that are text."""
    read = {}
    for path in committed():
        content = path.read_bytes()
        if b"\0" not in content:
            read[path.relative_to(ROOT).as_posix()] = content.decode("utf-8", errors="replace")
    return read


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def project() -> dict:
    return tomllib.loads(text("pyproject.toml"))["project"]


@cache
def hooks() -> dict[str, dict]:
    """Name → hook of .pre-commit-config.yaml."""
    return {
        hook["id"]: hook
        for repo in yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]
        for hook in repo["hooks"]
    }


def requirements() -> dict[str, str]:
    """Name → version bounds of every direct dependency in pyproject.toml."""
    groups = {"": project()["dependencies"]} | project()["optional-dependencies"]
    return dict(split(line) for name, group in groups.items() if name != PEERS for line in group)


def peers() -> dict[str, str]:
    """Name → version bounds of what `make bench` measures beside; it is not in the lock file."""
    return dict(split(line) for line in project()["optional-dependencies"][PEERS])


def split(line: str) -> tuple[str, str]:
    name, bounds = re.fullmatch(r"([A-Za-z0-9._-]+?)\s*([<>=!~].*)?", line.strip()).groups()
    return name.lower().replace("_", "-"), (bounds or "").replace(" ", "")


def pinned() -> dict[str, str]:
    """Name → all that the lock file says of it."""
    entries = re.split(r"\n(?=\S)", text("requirements.lock").strip())
    return {entry.split("==")[0]: entry for entry in entries if not entry.startswith("#")}


def lines_with(pattern: re.Pattern) -> list[str]:
    return [
        f"{name}:{number}"
        for name, text in texts().items()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


# -- what is committed


def test_no_committed_file_names_a_package_index_or_a_place_on_somebodys_machine():
    assert lines_with(ADDRESSES) == []
    assert lines_with(MACHINE_PATHS) == []


@pytest.mark.parametrize(
    "line",
    ["https:||files.example.org|x.whl", "file:|||tmp|x.whl", "cd |work|x", "|home|ana|x", "|Users|ana|x"],
)
def test_an_index_address_or_a_machine_path_is_recognised(line):
    line = line.replace("|", "/")
    assert ADDRESSES.search(line) or MACHINE_PATHS.search(line)


def test_no_answer_of_a_respondent_is_committed():
    assert [path for path in committed() if path.is_relative_to(ROOT / "data" / "restricted")] == []


@pytest.mark.parametrize("path", ["data/restricted/pop/a.parquet", "outputs/pop/report/a.html", ".venv/a"])
def test_git_ignores_answers_and_what_is_made(path):
    assert is_ignored(path)


@pytest.mark.parametrize("path", ["outputs/pop/notebooks/a.ipynb", "outputs/pop/notebooks/profiles/a.ipynb"])
def test_git_keeps_the_rendered_notebooks_that_reviewers_read(path):
    assert not is_ignored(path)
    assert is_ignored(path.replace(".ipynb", ".html"))
    assert is_ignored(path.replace("/pop/", "/pop-other/"))


def is_ignored(path: str) -> bool:
    return subprocess.run(["git", "check-ignore", "-q", "--no-index", path], cwd=ROOT).returncode == 0


def test_a_clone_stays_small():
    sizes = {path.relative_to(ROOT).as_posix(): path.stat().st_size for path in committed()}
    assert {name: size for name, size in sizes.items() if size > MEGABYTE} == {}
    assert sum(sizes.values()) < 15 * MEGABYTE


def test_source_notebooks_hold_no_output():
    folder = ROOT / "notebooks"
    sources = [path for path in committed() if path.suffix == ".ipynb" and path.is_relative_to(folder)]
    assert sources
    for path in sources:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        cells = [cell for cell in cells if cell["cell_type"] == "code"]
        assert not any(cell["outputs"] or cell["execution_count"] for cell in cells), path.name


# -- the hooks that look before a commit


@pytest.mark.parametrize(
    ("name", "stopped", "passed"),
    [
        (
            "no-addresses-of-people",
            ["ana AT gmail.com", "a.b+c AT un.example.co.uk", "x AT example.org.evil.com", "x AT notitu.int"],
            [
                "help@example.org",
                "cop@itu.int",
                "srsg-vac@un.org",
                "x@mail.example.org",
                "actions/checkout@v6",
                "a @ b.T",
            ],
        ),
        (
            "no-numbers-of-people",
            ["PLUS44 20 7946 0018", "PLUS254720123456", "ZERO049 30 123456", "PLUS1 (212) 555-0100"],
            [
                "+000 000 000",
                "2024-01-02 10:20:30",
                "1 700 000",
                "+12.5",
                "a+1234567890123",
                "0.001 23 45",
                "+3 and +44",
            ],
        ),
    ],
)
def test_a_hook_stops_what_could_reach_a_person_and_nothing_else(name, stopped, passed):
    pattern = re.compile(hooks()[name]["entry"])
    written = [text.replace(" AT ", "@").replace("PLUS", "+").replace("ZERO", "0") for text in stopped]
    assert [text for text in written if not pattern.search(text)] == []
    assert [text for text in passed if pattern.search(text)] == []


@pytest.mark.parametrize("name", ["no-addresses-of-people", "no-numbers-of-people"])
def test_no_committed_file_holds_what_could_reach_a_person(name):
    pattern, excluded = re.compile(hooks()[name]["entry"]), re.compile(hooks()[name]["exclude"])
    assert [place for place in lines_with(pattern) if not excluded.search(place.rsplit(":", 1)[0])] == []


def test_no_hook_downloads_anything():
    assert {repo["repo"] for repo in yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]} == {"local"}
    assert {hook["language"] for hook in hooks().values()} <= {"system", "pygrep", "fail"}


# -- what it depends on


def test_every_pinned_package_has_a_hash_and_none_an_address():
    entries = pinned()
    assert len(entries) > 50
    assert [name for name, entry in entries.items() if "--hash=sha256:" not in entry] == []
    assert re.findall(r".*(?:://|--find-links|--\S*index).*", text("requirements.lock")) == []


def test_the_lock_file_pins_every_direct_dependency_within_its_bounds():
    entries = pinned()
    for name, bounds in requirements().items():
        version = re.match(r"[^ ]+==([^ ]+)", entries[name]).group(1)
        assert version in SpecifierSet(bounds), f"{name} {version} is outside {bounds}: run make lock"


def test_conda_users_get_the_same_dependencies():
    environment = yaml.safe_load(text("environment.yml"))
    assert environment["channels"] == ["conda-forge"]
    *lines, last = environment["dependencies"]
    by_conda, by_pip = dict(map(split, lines)), dict(map(split, last["pip"]))
    assert by_conda.pop("python") == project()["requires-python"]
    assert by_conda.pop("pip") == ""
    assert by_conda.keys() & by_pip.keys() == set()
    assert by_conda | by_pip == requirements()


def test_contributors_read_why_each_dependency_is_there():
    explained = re.findall(r"^- \*\*([a-z0-9-]+)\*\*: \S", text("CONTRIBUTING.md"), flags=re.M)
    assert sorted(explained) == sorted(requirements() | peers())


def test_what_the_package_imports_is_named_as_a_dependency():
    distributions = importlib.metadata.packages_distributions()
    named = (
        {split(line)[0] for line in project()["dependencies"]} | peers().keys() | {"distributed"}
    )  # on demand
    unnamed = {
        f"{path.name} imports {module}"
        for path in (ROOT / "popresearch").rglob("*.py")
        for module in imported(path)
        if not named & {name.lower().replace("_", "-") for name in distributions.get(module, [module])}
    }
    assert unnamed == set()


def imported(path: Path) -> set[str]:
    """Name the modules of others that a file imports, at its top or inside a function."""
    modules = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            modules.add(node.module.split(".")[0])
    return modules - sys.stdlib_module_names - {"popresearch"}


# -- what is said of it


def test_the_version_is_the_same_wherever_it_stands():
    version = project()["version"]
    citation = yaml.safe_load(text("CITATION.cff"))
    assert popresearch.__version__ == version
    assert str(citation["version"]) == version
    heading = re.search(r"^## (\S+) \((\S+)\)", text("CHANGELOG.md"), flags=re.M)
    assert heading.groups() == (version, citation["date-released"])


def test_the_licences_of_code_and_data_are_stated():
    assert project()["license"] == "MIT"
    assert text("LICENSE").startswith("MIT License")
    data = text("LICENSE-DATA")
    assert "CC BY 4.0" in data and "SPDX-License-Identifier: CC-BY-4.0" in data
    assert yaml.safe_load(text("CITATION.cff"))["license"] == "MIT"


def test_make_help_describes_every_command():
    makefile = text("Makefile")
    commands = re.search(r"^\.PHONY: (help .*)$", makefile, flags=re.M).group(1).split()
    shown = subprocess.run(["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert re.findall(r"^make ([a-z]+) +\S", shown, flags=re.M) == commands
