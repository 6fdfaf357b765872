"""``spatialgov field-pack [CODE]``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spatialgov.cli._outputs import OutputFile
from spatialgov.cli._shared import data_dir_option, examples, json_option, note, open_workspace, print_json
from spatialgov.language import current_language, t

if TYPE_CHECKING:
    from spatialgov.workspace import FieldPack


@click.command(
    "field-pack",
    help=t(
        "Write the grids in force to one small file that a field app asks without a network: the same grid as the "
        "service gives, for every location. CODE is that of a district, a subdistrict or a community; without it, "
        "the file has all grids. It is read by a module of JavaScript that the service has too.",
        "将现行网格导出为一个小文件，供外业应用离线查询：对任何位置，结果与服务端一致。"
        "CODE 为区县、街道或社区代码；不给出时导出全部网格。读取该文件的 JavaScript 模块也由服务端提供。",
    ),
    epilog=examples(
        "spatialgov field-pack 990101001000 -o gucheng.pack",
        "spatialgov field-pack -o district.pack --data-dir my-town",
    ),
)
@click.argument("code", required=False)
@click.option(
    "-o", "--output", type=OutputFile(".pack"), required=True, help=t("File to write (.pack).", "输出文件（.pack）。")
)
@data_dir_option
@json_option
def command(code: str | None, output: Path, data_dir: Path, as_json: bool) -> None:
    """Make the pack and write it."""
    from spatialgov_maps import static_dir

    with open_workspace(data_dir) as workspace:
        pack = workspace.locations.field_pack(code)
    pack.save(output)
    note(
        t(
            "Written: {file}, {size:,.1f} kB: {grids:,} grids{where}, edition {edition}, in force since {since}.",
            "已写出：{file}，{size:,.1f} kB：{where}{grids:,} 个网格，第 {edition} 版，{since} 起生效。",
            file=output,
            size=len(pack.content) / 1000,
            grids=pack.grids,
            where=_whose(pack),
            edition=pack.edition.id,
            since=f"{pack.edition.valid_from:%Y-%m-%d %H:%M%z}",
        )
    )
    note(
        t(
            "Next: put it into the app, with {reader}; readFieldPack(bytes).locate(lon, lat, 'gcj02') answers there.",
            "下一步：将其与 {reader} 一同放入应用，用 readFieldPack(bytes).locate(lon, lat, 'gcj02') 查询。",
            reader=static_dir() / "js" / "field_pack.mjs",
        )
    )
    if as_json:
        print_json(
            {
                "file": str(output),
                "bytes": len(pack.content),
                "grids": pack.grids,
                "edition": pack.edition.id,
                "valid_from": pack.edition.valid_from,
            }
        )


def _whose(pack: "FieldPack") -> str:
    if pack.jurisdiction is None:
        return ""
    name = pack.jurisdiction.name if current_language() == "zh" else pack.jurisdiction.name_en
    return t(" of {name}", "{name} ", name=name)
