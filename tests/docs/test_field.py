"""What the page about the field says works as it stands there."""

from pathlib import Path

from spatialgov.workspace import Workspace
from tests.docs.pages import ROOT, follow

PAGE = "docs/field.md"


def test_posts_are_imported_as_the_page_says(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text("code,post,phone\n990101001000,综合治理中心,1\n", encoding="utf-8")
    said = follow(PAGE, tmp_path)
    assert "dropped: phone" in said
    with Workspace.open(tmp_path / "my-town") as workspace:
        assert workspace.store.responsible_posts()["post"].tolist() == ["综合治理中心"]


def test_the_coordinates_that_the_page_shows_are_read() -> None:
    """They are in the tests of the module, one by one."""
    shown = (ROOT / PAGE).read_text(encoding="utf-8").partition("* **A coordinate**")[2].partition("\n")[0]
    tested = (ROOT / "tests" / "maps" / "field" / "coordinates.test.mjs").read_text(encoding="utf-8")
    written = shown.split("`")[1::2]
    assert len(written) >= 7
    for one in written:
        assert one in tested, one
