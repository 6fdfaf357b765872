"""Made-up names, Chinese with English: jurisdictions, roads, villages, places."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

__all__ = [
    "COMMUNITIES",
    "DISTRICT",
    "DISTRICT_CODE",
    "RAILWAY",
    "RIVER",
    "SUBDISTRICTS",
    "TRUNK_ROADS",
    "VILLAGES",
    "fresh_names",
]

Name = tuple[str, str]
"""Chinese, English."""

DISTRICT: Final[Name] = ("青岚区", "Qinglan District")
DISTRICT_CODE: Final = "990101000000"
"""No province has the number 99."""

SUBDISTRICTS: Final[Mapping[str, tuple[str, Name]]] = {
    "gucheng": ("990101001000", ("古城街道", "Gucheng Subdistrict")),
    "hedong": ("990101002000", ("河东街道", "Hedong Subdistrict")),
    "nantang": ("990101100000", ("南塘镇", "Nantang Town")),
}

COMMUNITIES: Final[Mapping[str, tuple[str, Name]]] = {
    "gulou": ("990101001001", ("鼓楼社区", "Gulou Community")),
    "nanmen": ("990101001002", ("南门社区", "Nanmen Community")),
    "wenfeng": ("990101001003", ("文峰社区", "Wenfeng Community")),
    "xiyuan": ("990101001004", ("西苑社区", "Xiyuan Community")),
    "yunxi": ("990101002001", ("云溪社区", "Yunxi Community")),
    "liuyin": ("990101002002", ("柳荫社区", "Liuyin Community")),
    "beiyuan": ("990101002003", ("北苑社区", "Beiyuan Community")),
    "hupan": ("990101002004", ("湖畔社区", "Hupan Community")),
    "dongyuan": ("990101002005", ("东园社区", "Dongyuan Community")),
    "zhennan": ("990101100001", ("镇南社区", "Zhennan Community")),
    "hexi": ("990101100200", ("河西村", "Hexi Village")),
    "hetang": ("990101100201", ("荷塘村", "Hetang Village")),
}

TRUNK_ROADS: Final[Mapping[str, Name]] = {
    "north_ring": ("北环路", "North Ring Road"),
    "qinglan": ("青岚大道", "Qinglan Avenue"),
    "renmin": ("人民路", "Renmin Road"),
    "south_ring": ("南环路", "South Ring Road"),
    "west_ring": ("西环路", "West Ring Road"),
    "wenchang": ("文昌路", "Wenchang Road"),
    "jianshe": ("建设路", "Jianshe Road"),
    "yingbin": ("迎宾大道", "Yingbin Avenue"),
    "east_ring": ("东环路", "East Ring Road"),
    "station": ("站前大道", "Zhanqian Avenue"),
    "west_bank": ("滨河西路", "Binhe West Road"),
    "east_bank": ("滨河东路", "Binhe East Road"),
}
RIVER: Final[Name] = ("青岚河", "Qinglan River")
RAILWAY: Final[Name] = ("青南铁路", "Qingnan Railway")

VILLAGES: Final[Sequence[Name]] = (
    ("柳湾", "Liuwan"), ("石桥头", "Shiqiaotou"), ("上塘", "Shangtang"), ("槐树底", "Huaishudi"), ("东坝", "Dongba"),
    ("竹园", "Zhuyuan"), ("井头", "Jingtou"), ("西洼", "Xiwa"), ("渡口", "Dukou"), ("荷叶塘", "Heyetang"),
    ("枣林", "Zaolin"), ("土楼", "Tulou"), ("青坡", "Qingpo"), ("泉水", "Quanshui"), ("北岗", "Beigang"),
    ("后湾", "Houwan"), ("榆树", "Yushu"), ("小陂", "Xiaobei"),
)  # fmt: skip

_FIRST: Final[Sequence[Name]] = (
    ("柳", "Liu"), ("云", "Yun"), ("望", "Wang"), ("桂", "Gui"), ("松", "Song"), ("竹", "Zhu"), ("梅", "Mei"),
    ("荷", "He"), ("枫", "Feng"), ("槐", "Huai"), ("永", "Yong"), ("安", "An"), ("长", "Chang"), ("春", "Chun"),
    ("清", "Qing"), ("明", "Ming"), ("福", "Fu"), ("瑞", "Rui"), ("祥", "Xiang"), ("泰", "Tai"), ("锦", "Jin"),
    ("翠", "Cui"), ("碧", "Bi"), ("金", "Jin"), ("银", "Yin"), ("古", "Gu"), ("新", "Xin"), ("景", "Jing"),
)  # fmt: skip
_SECOND: Final[Sequence[Name]] = (
    ("石", "shi"), ("溪", "xi"), ("泉", "quan"), ("桥", "qiao"), ("林", "lin"), ("园", "yuan"), ("山", "shan"),
    ("月", "yue"), ("波", "bo"), ("影", "ying"), ("风", "feng"), ("苑", "yuan"), ("宁", "ning"), ("兴", "xing"),
    ("康", "kang"), ("乐", "le"), ("平", "ping"), ("阳", "yang"), ("江", "jiang"), ("塘", "tang"), ("井", "jing"),
    ("门", "men"), ("台", "tai"), ("坊", "fang"), ("亭", "ting"), ("岸", "an"),
)  # fmt: skip


def fresh_names(rng: np.random.Generator) -> Iterator[Name]:
    """Give two-character names, each once in Chinese and once in English, in an order drawn from `rng`."""
    size = len(_FIRST) * len(_SECOND)
    seen: set[str] = set()
    for k in rng.permutation(size).tolist():
        first, second = _FIRST[k // len(_SECOND)], _SECOND[k % len(_SECOND)]
        # A vowel after a vowel is set apart in pinyin.
        english = first[1] + ("'" if second[1][0] in "aeo" else "") + second[1]
        if english not in seen:
            seen.add(english)
            yield first[0] + second[0], english
