"""``spatialgov tiles``."""

from pathlib import Path

import click

from spatialgov.cli._outputs import OutputFile
from spatialgov.cli._shared import data_dir_option, examples, json_option, note, open_workspace, print_json
from spatialgov.language import t


@click.command(
    "tiles",
    help=t(
        "Write the grids of an edition, or the units or jurisdictions, as vector tiles in one file (PMTiles): QGIS, "
        "GDAL and web maps show it without the service.",
        "将某版本的网格（或基本单元、行政区划）导出为单个矢量瓦片文件（PMTiles）："
        "QGIS、GDAL 与网页地图无需服务即可显示。",
    ),
    epilog=examples("spatialgov tiles -o grids.pmtiles", "spatialgov tiles -o grids-1.pmtiles --edition 1"),
)
@click.option(
    "-o", "--output", type=OutputFile(".pmtiles"), required=True,
    help=t("File to write (.pmtiles).", "输出文件（.pmtiles）。"),
)  # fmt: skip
@click.option(
    "--collection", type=click.Choice(["grids", "units", "jurisdictions"]), default="grids", show_default=True,
    help=t("What the tiles show.", "瓦片内容。"),
)  # fmt: skip
@click.option(
    "--edition",
    type=click.IntRange(min=1),
    help=t("Its number; by default the one in force.", "版本号，默认为现行版本。"),
)
@data_dir_option
@json_option
def command(output: Path, collection: str, edition: int | None, data_dir: Path, as_json: bool) -> None:
    """Make the tiles and write them."""
    from spatialgov.workspace import Asker

    if edition is not None and collection != "grids":
        raise click.UsageError(t("Only grids have editions.", "只有网格有版本。"))
    with open_workspace(data_dir) as workspace:
        archive = workspace.tile_archives.save(collection, Asker(), output, edition=edition)
    n_bytes = output.stat().st_size
    note(
        t(
            "Written: {file}, {size:,.1f} kB{of}.",
            "已写出：{file}，{size:,.1f} kB{of}。",
            file=output,
            size=n_bytes / 1000,
            of="" if archive.edition is None else t(", edition {n}", "，第 {n} 版", n=archive.edition),
        )
    )
    if as_json:
        print_json({"file": str(output), "bytes": n_bytes, "collection": collection, "edition": archive.edition})
