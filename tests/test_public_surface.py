import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import spatialgov as sg

ROOT = Path(__file__).parents[1]
SOURCES = [file for folder in ("src", "api", "maps") for file in sorted((ROOT / folder).rglob("*.py"))]


def test_every_public_name_is_there() -> None:
    assert sorted(dir(sg)) == sorted(sg.__all__)
    for name in sg.__all__:
        assert getattr(sg, name) is not None


def test_partition_is_a_function_and_a_package() -> None:
    from spatialgov.partition import assign

    assert callable(sg.partition)
    assert callable(assign)
    assert sg.partition.__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        sg.nothing  # noqa: B018


def test_importing_is_quick_because_it_is_lazy() -> None:
    heavy = ("numba", "pandas", "shapely", "sqlalchemy", "fastapi", "folium")
    code = f"import sys, spatialgov; print([m for m in {heavy!r} if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"


@pytest.mark.parametrize("file", SOURCES, ids=lambda f: str(f.relative_to(ROOT)))
def test_both_languages_say_the_same(file: Path) -> None:
    """Every ``t("English", "中文")`` has Chinese in its second text and the same fields in both."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "t"):
            continue
        texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if len(texts) != 2:
            continue
        english, chinese = texts
        where = f"{file.name}:{node.lineno}"
        fields = [sorted(set(re.findall(r"{(\w+)", text))) for text in texts]
        assert fields[0] == fields[1], where
        assert not re.search(r"[\u4e00-\u9fff]", english), where
        if re.search(r"[A-Za-z]{3}", re.sub(r"{[^}]*}", "", english)):
            assert re.search(r"[\u4e00-\u9fff]", chinese), where
