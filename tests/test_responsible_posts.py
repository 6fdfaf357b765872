from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialgov.errors import MissingColumnError
from spatialgov.responsible_posts import POST_COLUMNS, points_at_a_person, read_responsible_posts

CODE = "990101001001003"


def table(folder: Path, *rows: str, head: str = "code,post,post_en,duty") -> Path:
    file = folder / "posts.csv"
    file.write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    return file


def test_posts_of_grids_and_jurisdictions(tmp_path: Path) -> None:
    rows = [
        f"{CODE},第3网格网格员岗,Grid 3 patrol post,日常巡查",
        f"{CODE},警务室,,",
        "990101001000,综合治理中心,,派单",
    ]
    found = read_responsible_posts(table(tmp_path, *rows))
    assert found.faults == ()
    assert found.frame.to_numpy().tolist() == [[*row.split(","), ""] for row in rows]


def test_what_is_not_asked_for_is_dropped_and_what_is_left_out_is_empty(tmp_path: Path) -> None:
    found = read_responsible_posts(table(tmp_path, f"警务室,{CODE},张伟", head="post,code,holder"))
    assert found.dropped_columns == ("holder",)
    assert found.frame.to_dict("records") == [dict.fromkeys(POST_COLUMNS, "") | {"code": CODE, "post": "警务室"}]


def test_bad_rows_are_refused_with_row_column_and_remedy(tmp_path: Path) -> None:
    rows = [
        "1.1E+14,岗,,",
        ",岗,,",
        f"{CODE},,,",
        f"{CODE},岗,,",
        f"{CODE},岗,,again",
        f"{CODE},{'长' * 201},,",
        f"{CODE},好岗,,",
    ]
    found = read_responsible_posts(table(tmp_path, *rows))
    assert [(fault.kind, fault.row, fault.column) for fault in found.faults] == [
        ("damaged_code", 1, "code"), ("missing_value", 2, "code"), ("missing_value", 3, "post"),
        ("duplicate_post", 5, "post"), ("too_long", 6, "post"),
    ]  # fmt: skip
    assert all(fault.remedy for fault in found.faults)
    assert found.frame["post"].tolist() == ["岗", "好岗"]


@pytest.mark.parametrize(
    "text",
    ["张伟", "王小明", "欧阳娜", "李主任", "王警官", "网格员王小明", "网格员：李强", "社区民警（陈刚）", "Mr Li",
     "Ms. Wang", "duty@example.org", "13812345678", "网格员岗 138 1234 5678", "010-65432100", "11010519491231002X"],
)  # fmt: skip
def test_persons_are_refused_and_not_repeated(tmp_path: Path, text: str) -> None:
    assert points_at_a_person(text)
    found = read_responsible_posts(table(tmp_path, f"{CODE},{text},,", f"{CODE},警务室,,{text}", f"{CODE},岗,{text},"))
    assert [(fault.kind, fault.column) for fault in found.faults] == [
        ("personal_data", "post"), ("personal_data", "duty"), ("personal_data", "post_en")
    ]  # fmt: skip
    assert all(text not in str(fault) for fault in found.faults)
    assert found.frame.empty


@pytest.mark.parametrize(
    "text",
    ["第3网格网格员岗", "网格员", "社区民警", "高新派出所", "安全岗", "金水桥警务室", "综合治理中心", "值班岗 3-02",
     "Grid 12 patrol post", "Drainage desk", "日常巡查、上报", "2号网格长", "城管队"],
)  # fmt: skip
def test_posts_are_taken(text: str) -> None:
    assert not points_at_a_person(text)


@given(st.text())
def test_any_text_is_judged(text: str) -> None:
    assert points_at_a_person(text + "@")
    assert isinstance(points_at_a_person(text), bool)


def test_a_table_without_the_columns(tmp_path: Path) -> None:
    with pytest.raises(MissingColumnError, match="no column post"):
        read_responsible_posts(table(tmp_path, f"{CODE},岗", head="code,name"))
