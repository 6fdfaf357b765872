"""Text files: their encoding, and CSV tables with the guard against formulas in their cells."""

import codecs
import io
import re
from pathlib import Path
from typing import BinaryIO

import pandas as pd

from spatialgov.errors import UnreadableFileError
from spatialgov.language import t
from spatialgov.vector_io.files import regular_file
from spatialgov.vector_io.limits import check_bytes, check_table

__all__ = ["FORMULA_SIGNS", "decode", "encoding_of", "guard_cell", "parse_csv", "unguard_cell"]

_BLOCK = 2**22
FORMULA_SIGNS = "=+-@\t\r\n＝＋－＠"
"""With these a formula begins; spreadsheets in Chinese take the wide ones too (owasp.org: CSV injection)."""
_FORMULA = re.compile(f"'*[{re.escape(FORMULA_SIGNS)}]")
_GUARDED = re.compile(f"'+[{re.escape(FORMULA_SIGNS)}]")
_LINE_END = re.compile(r"[\r\n]")
_BAD_LINE = re.compile(r"Expected (\d+) fields in line (\d+), saw (\d+)")


def guard_cell(cell: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula: one of `FORMULA_SIGNS` in front.

    Text that has apostrophes before such a sign gets one more, so that `unguard_cell` gives back exactly what was
    written.
    """
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguard_cell(cell: str) -> str:
    """Take away the apostrophe of `guard_cell`."""
    return cell[1:] if _GUARDED.match(cell) else cell


def decode(path: Path) -> str:
    """Read a text file: UTF-8 (with or without BOM), UTF-16 with BOM, or GB18030 (which holds GBK and GB2312).

    Raises
    ------
    UnreadableFileError
        When the bytes are none of these.
    TooLargeError
        When they are too many.
    """
    check_bytes(path, regular_file(path))
    data = path.read_bytes()
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if utf16 else ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFileError(
        t("{file} is text in an encoding that is not known here.", "{file} 的文字编码无法识别。", file=path.name),
        remedy=t("Save it as UTF-8.", "请另存为 UTF-8 编码。"),
    )


def encoding_of(file: BinaryIO) -> str:
    """Tell UTF-8, UTF-16 (with BOM) and GB18030 apart, reading a file to its end; the last is assumed, not checked."""
    block = file.read(_BLOCK)
    if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while block:
            decoder.decode(block)
            block = file.read(_BLOCK)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def parse_csv(path: Path) -> pd.DataFrame:
    """Read a CSV table with a header line.

    Every cell stays text (a code keeps its leading zeros), without the apostrophe that guards against formulas; an
    empty cell is None.

    Raises
    ------
    UnreadableFileError
        When it is no table: a row with more cells than the header, a quotation without end, nothing but space.
    TooLargeError
        When it has too many bytes, rows or columns.
    """
    text = decode(path)
    check_table(path, max(text.count("\n"), text.count("\r")), _LINE_END.split(text, maxsplit=1)[0].count(",") + 1)
    try:
        table = pd.read_csv(io.StringIO(text), header=None, dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UnreadableFileError(
            t(
                "{file} can't be read as a table: {reason}.",
                "{file} 无法作为表格读取：{reason}。",
                file=path.name,
                reason=_reason(error),
            ),
            remedy=t(
                "Check the commas and quotation marks, or save it again as CSV.", "请检查逗号和引号，或重新保存为 CSV。"
            ),
        ) from error
    cells = table.astype(object).where(table.notna() & (table != ""), None)
    cells = cells.map(lambda cell: cell if cell is None else unguard_cell(cell))
    names = [name.strip() if name and name.strip() else f"column {i + 1}" for i, name in enumerate(cells.iloc[0])]
    frame = cells.iloc[1:].reset_index(drop=True)
    frame.columns = pd.Index(names)
    return frame


def _reason(error: Exception) -> str:
    if isinstance(error, pd.errors.EmptyDataError):
        return t("it is empty", "内容为空")
    if found := _BAD_LINE.search(str(error)):
        wanted, line, seen = found.groups()
        return t(
            "row {row} has {seen} cells, the header {wanted}",
            "第 {row} 行有 {seen} 格，而表头有 {wanted} 格",
            row=int(line) - 1,
            seen=seen,
            wanted=wanted,
        )
    return t("a quotation has no end, or the lines are damaged", "引号未闭合，或行内容已损坏")
