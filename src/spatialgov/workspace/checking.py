"""What is wrong with a store and with what is derived from it."""

from pathlib import Path

from spatialgov.language import t
from spatialgov.store.checking import StoreFault
from spatialgov.store.checking import check as check_store
from spatialgov.workspace.locator_files import damaged_locators

__all__ = ["check"]


def check(data_dir: Path, url: str) -> list[StoreFault]:
    """List what is wrong with the store, and with the locator files in the folder; nothing is changed.

    A locator file that is missing is no fault: it is made when it is first asked.
    """
    damaged = [
        StoreFault(
            "damaged_locator",
            t("The locator file {path} is damaged.", "定位索引文件 {path} 已损坏。", path=path),
            t(
                "Delete it; the next lookup makes it anew from the store.",
                "请将其删除；下次查询时会由数据库重新生成。",
            ),
            severity="warning",
        )
        for path in damaged_locators(data_dir)
    ]
    return [*check_store(url), *damaged]
