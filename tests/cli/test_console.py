"""The installed command as a terminal calls it: help, languages, speed, interruptions."""

import json
import os
import pty
import re
import resource
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click
import pytest
from click.testing import Result

import spatialgov
from spatialgov.cli import _COMMANDS, command_group

SCRIPT = Path(sys.executable).with_name("spatialgov")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
Run = Callable[..., Result]


def call(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    bare = {k: v for k, v in os.environ.items() if k != "SPATIALGOV_LANG" and not k.startswith("LC_")}
    command = [str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=bare | environment, check=False, timeout=300)


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300).stdout


def seconds_of_children() -> float:
    """Give the processor time of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# help --------------------------------------------------------------------------------------------------------------


def test_help_lists_every_command() -> None:
    said = call("--help")
    assert said.returncode == 0
    for name, (english, _) in _COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(english)}$", said.stdout, re.MULTILINE)
    assert call("--version").stdout.split()[-1] == spatialgov.__version__


@pytest.mark.parametrize("name", _COMMANDS)
def test_help_of_each_command_closes_with_examples_a_line_each(run: Run, name: str) -> None:
    said = run(name, "--help").stdout
    examples = said[said.index("Examples:") :].splitlines()[1:]
    assert examples
    for line in examples:
        assert re.match(r"    spatialgov (--lang zh )?[a-z]+", line)
        assert line.split()[1:2] == [name] or line.split()[3:4] == [name]


@pytest.mark.parametrize("name", _COMMANDS)
def test_the_examples_name_options_that_exist(name: str) -> None:
    command = command_group().get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    commands = [command, *command.commands.values()] if isinstance(command, click.Group) else [command]
    known = {option for one in commands for parameter in one.params for option in parameter.opts} | {"--lang"}
    assert set(re.findall(r"(?<= )--?[a-z][a-z-]*", command.epilog or "")) <= known


def test_help_imports_nothing_heavy_and_is_quick() -> None:
    heavy = ("numpy", "pandas", "geopandas", "shapely", "numba", "sqlalchemy", "fastapi", "folium", "pyogrio")
    code = f"""
import sys
from spatialgov.cli import command_group
for arguments in ["--help"], *([name, "--help"] for name in {list(_COMMANDS)!r}):
    command_group()(arguments, standalone_mode=False)
    print("imported:", [m for m in {heavy!r} if m in sys.modules], "by", *arguments)
"""
    imported = [line for line in python(code).splitlines() if line.startswith("imported:")]
    assert len(imported) == len(_COMMANDS) + 1
    assert [line for line in imported if not line.startswith("imported: []")] == []
    seconds = []
    for _ in range(5):
        start = seconds_of_children()
        call("--help")
        seconds.append(seconds_of_children() - start)
    assert min(seconds) < 0.5


# languages ---------------------------------------------------------------------------------------------------------

LEFT_IN_ENGLISH = r"\b(Usage|Options|Commands|Error|default|required|Try|Show this|Missing|Invalid|Examples|Next)\b"


@pytest.mark.parametrize("how", ["--lang zh", "--lang=zh", "LANG"])
def test_help_in_chinese(how: str) -> None:
    said = call("--help", LANG="zh_CN.UTF-8") if how == "LANG" else call(*how.split(), "--help", LANG="C.UTF-8")
    assert said.returncode == 0
    assert "公平划分网格" in said.stdout
    assert "用法：" in said.stdout
    assert not re.search(LEFT_IN_ENGLISH, said.stdout)


def test_help_of_every_command_in_chinese() -> None:
    code = f"""
from spatialgov.cli import command_group
from spatialgov.language import set_language
set_language("zh")
for name in {list(_COMMANDS)!r}:
    command_group()([name, "--help"], standalone_mode=False)
"""
    said = python(code)
    assert said.count("示例：") == len(_COMMANDS)
    said = said.replace("quick|default|best", "").replace("默认：default", "")  # a value of an option, not a word
    assert not re.search(LEFT_IN_ENGLISH, said)
    described = [line for line in said.splitlines() if re.match(r"  -.*  \S", line)]
    assert len(described) > 40
    assert [line for line in described if not CHINESE.search(line)] == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("partition",), "缺少参数 'UNITS'"),
        (("partition", "u.gpkg", "--frobnicate"), "没有选项 '--frobnicate'"),
        (("frobnicate",), "没有命令 'frobnicate'"),
        (("serve", "--port", "x"), "不是有效的数字"),
        (("serve", "--port", "99999"), "不在范围"),
        (("import", "persons", "x.csv"), "不在可选值"),
        (("recommend", "--households", "3"), "需要 2 个值"),
        (("partition", "u.gpkg", "-o", "nowhere/plan.gpkg"), "没有文件夹 nowhere"),
    ],
)
def test_a_wrong_call_in_chinese(arguments: Sequence[str], expected: str) -> None:
    said = call(*arguments, LANG="zh_CN.UTF-8")
    assert said.returncode == 2
    assert said.stdout == ""
    assert expected in said.stderr
    assert not re.search(LEFT_IN_ENGLISH, said.stderr)


def test_the_way_through_in_chinese(run: Run, units_file: Path, tmp_path: Path) -> None:
    plan, store = tmp_path / "plan.gpkg", tmp_path / "store"
    commands = (
        ("partition", units_file, "-o", plan, "--within", "community_code", "--households-per-grid", "700"),
        ("import", "units", units_file, "--data-dir", store),
        ("publish", plan, "--within", "community_code", "--data-dir", store),
        ("locate", "118.3005", "35.1005", "--datum", "wgs84", "--data-dir", store),
        ("assign", "--data-dir", store),
        ("recommend", "--data-dir", store),
    )
    for command in commands:
        result = run(*command, lang="zh")
        assert result.exit_code == 0, result.stderr
        for line in result.stderr.splitlines():
            assert CHINESE.search(line), line
    said = call("locate", 0, 0, "--datum", "wgs84", "--data-dir", store, LANG="zh_CN.UTF-8")
    assert said.returncode == 1
    assert said.stderr.splitlines()[0].startswith("错误：经度 0.0、纬度 0.0（wgs84）不在任何网格内")
    assert said.stderr.splitlines()[1].startswith("处理办法：")


# status, streams, signals ------------------------------------------------------------------------------------------


def test_status_and_streams(units_file: Path, tmp_path: Path) -> None:
    good = call("partition", units_file, "-o", tmp_path / "plan.gpkg", "--json", LANG="en")
    assert good.returncode == 0
    assert json.loads(good.stdout)["grids"] == 4
    assert "Dividing" in good.stderr
    assert "\r" not in good.stderr  # a bar is for terminals
    bad = call("partition", tmp_path / "none.gpkg", "-o", tmp_path / "other.gpkg", "--json", LANG="en")
    assert (bad.returncode, bad.stdout) == (1, "")
    assert bad.stderr.splitlines()[1:] == [
        "Error: none.gpkg can't be read: there is no such file.",
        "What to do: Check the path.",
    ]
    wrong = call("partition", LANG="en")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "Missing argument 'UNITS'" in wrong.stderr


def test_a_terminal_shows_a_bar(units_file: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [str(SCRIPT), "partition", str(units_file), "-o", str(tmp_path / "plan.gpkg"), "--json"]
    said = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, text=True, check=True, timeout=300)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert re.search(r"Dividing +\[#+\] +100%", shown)
    assert json.loads(said.stdout)["grids"] == 4


def test_what_the_system_refuses_is_told_in_one_line(
    run: Run, sample_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recommendations.html").mkdir()
    result = run("map", "recommendations", "--data-dir", sample_dir)
    assert result.exit_code == 1
    assert result.stderr == "Error: recommendations.html: Is a directory\n"


def test_a_reader_that_has_seen_enough(sample_dir: Path) -> None:
    command = f"'{SCRIPT}' coverage --data-dir '{sample_dir}' | head -n 1"
    said = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=300)
    assert said.stdout.split()[0] == "grid"
    assert "Traceback" not in said.stderr
    assert "BrokenPipe" not in said.stderr


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let our children take Ctrl+C, also where the tests run in the background and were started without it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_while_working(tmp_path: Path) -> None:
    command = [str(SCRIPT), "demo", "--no-serve", "--data-dir", str(tmp_path / "new")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        # on a new machine it says first that it compiles
        assert any("Loading the sample city" in line for line in iter(process.stderr.readline, ""))
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=300)
    assert process.returncode == 1
    assert errors.splitlines()[-1] == "Aborted!"
    assert "Traceback" not in errors


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_serve_answers_and_stops_with_ctrl_c(sample_dir: Path, workers: str) -> None:
    command = [str(SCRIPT), "serve", "--port", "0", "--data-dir", str(sample_dir), "--workers", workers]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            url = re.search(r"http://127\.0\.0\.1:\d+/", process.stderr.readline())
            assert url is not None
            end = time.monotonic() + 300
            while True:
                try:
                    with urllib.request.urlopen(f"{url[0]}healthz", timeout=300) as answer:
                        assert json.load(answer)["status"] == "ok"
                    break
                except urllib.error.URLError:
                    assert time.monotonic() < end, "the server never answered"
                    time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=300)
        finally:
            process.kill()  # what is left of it when something failed: nobody waits for it for ever
    assert process.returncode == 0
    assert errors == "Stopped.\n"
