"""Which post is responsible for a grid or a jurisdiction: a place of work, never the person who fills it."""

import re
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from spatialgov.columns import CellChecks, require_columns
from spatialgov.faults import Fault, errors_only
from spatialgov.language import t
from spatialgov.vector_io import read_table, texts

__all__ = ["POST_COLUMNS", "ResponsiblePosts", "points_at_a_person", "read_responsible_posts"]

POST_COLUMNS = ("code", "post", "post_en", "duty", "duty_en")

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭"
    "陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔文牛樊葛邢安齐庞颜"
)
"""The hundred or so that most people in China have."""
_SURNAME = f"(?:欧阳|上官|司马|诸葛|[{_SURNAMES}])"
_HAN = "[\u4e00-\u9fff]"
_TITLE = "(?:网格员|网格长|民警|辅警|警官|书记|主任|队长|站长|所长|组长|楼长|专干|负责人|老师|同志|先生|女士|经理|师傅)"
_PLACE_OF_WORK = re.compile("[岗所站室队组办处科委班厅局院校中心]$")
_NAME_ALONE = re.compile(f"{_SURNAME}{_HAN}{{1,2}}")
_NAME_AND_TITLE = re.compile(f"{_SURNAME}{_HAN}{{0,2}}{_TITLE}")
_NAME_AT_THE_END = re.compile(rf"{_TITLE}[\s:：、·（(]*({_SURNAME}{_HAN}{{1,2}})[）)]?")
_ENGLISH = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr)\b\.?\s*[A-Z]")
_NUMBER = re.compile(r"(?:\d[\s-]?){6,}[\dXx]")
"""Seven digits: of a telephone, of an identity card, of a badge."""


@dataclass(frozen=True, slots=True, eq=False)
class ResponsiblePosts:
    """Responsible posts as read.

    Attributes
    ----------
    frame
        The sound rows: `POST_COLUMNS`, str, "" where not stated.
    faults
        What is wrong, by row of the file. Rows with an error are left out of `frame`.
    dropped_columns
        Columns of the file that were not asked for.
    """

    frame: pd.DataFrame
    faults: tuple[Fault, ...]
    dropped_columns: tuple[str, ...]


def points_at_a_person(text: str) -> bool:
    """Whether a text seems to hold a person's name, a mail address, or a number of seven digits or more.

    What can be recognised: a Chinese name of a common surname, alone or beside a title (张伟, 李主任, 网格员：王小明),
    Mr, Ms or Dr before a name, ``@``, digits of a telephone or an identity card. A text that ends as a place of work
    does (…岗, …所, …室) is none.
    """
    plain = text.strip()
    if "@" in plain or _NUMBER.search(plain) or _ENGLISH.search(plain):
        return True
    if _PLACE_OF_WORK.search(plain):
        return False
    ending = _NAME_AT_THE_END.search(plain)
    return bool(
        _NAME_ALONE.fullmatch(plain)
        or _NAME_AND_TITLE.fullmatch(plain)
        or (ending is not None and ending.end() == len(plain))
    )


def read_responsible_posts(path: str | Path) -> ResponsiblePosts:
    """Read which post is responsible for what.

    Parameters
    ----------
    path
        CSV file or another table: ``code`` of a grid or a jurisdiction, the name of the ``post``, and, where they are
        there, its English name ``post_en``, its ``duty`` and that in English, ``duty_en``. A grid may have several
        posts, a post several grids.

    Raises
    ------
    UnreadableFileError, MissingColumnError
        When the file can't be read, or a column is not there. A bad row never does that: it is listed, and left out.
    """
    table = read_table(path)
    require_columns(Path(path).name, POST_COLUMNS[:2], table.columns)
    blank = pd.Series(None, table.index, dtype=object)
    cells = {name: texts(table.get(name, blank)) for name in POST_COLUMNS}
    nowhere = gpd.GeoSeries(np.full(len(table), None), index=table.index, crs=4326)
    checks = CellChecks(nowhere, cells["code"])
    faults = checks.code_faults(cells["code"], "code", required=True)
    faults += [checks.missing(row, "post") for row, post in enumerate(cells["post"]) if post is None]
    for name in POST_COLUMNS:
        faults += checks.text_faults(cells[name], name)
        if name != "code":
            marked = np.array([cell is not None and points_at_a_person(cell) for cell in cells[name]], dtype=bool)
            faults += [_personal(checks, int(row), name) for row in np.flatnonzero(marked)]
    words = pd.DataFrame({name: [cell or "" for cell in cells[name]] for name in POST_COLUMNS})
    faults += [
        checks.fault(
            "duplicate_post",
            int(row),
            "post",
            t("This post is listed for {code} already.", "{code} 已列出该岗位。", code=words["code"].iloc[row]),
            t("Remove the row.", "请删除该行。"),
        )
        for row in np.flatnonzero((words["post"] != "") & words.duplicated(["code", "post"]))
    ]
    faults.sort(key=lambda fault: fault.row or 0)
    faulty = {fault.row - 1 for fault in errors_only(faults) if fault.row is not None}
    dropped = tuple(str(name) for name in table.columns if name not in POST_COLUMNS)
    return ResponsiblePosts(words.drop(index=sorted(faulty)).reset_index(drop=True), tuple(faults), dropped)


def _personal(checks: CellChecks, row: int, column: str) -> Fault:
    """Give the fault of a cell that points at a person, without repeating it."""
    return checks.fault(
        "personal_data",
        row,
        column,
        t("“{column}” seems to hold a person's name or number.", "“{column}”疑似含有个人姓名或号码。", column=column),
        t(
            "Write the post, not who fills it: “Grid 3 patrol post”.",
            "请填写岗位而非人员，如“第3网格网格员岗”。",
        ),
    )
