"""The product names people speak of (`products.yaml`), whoever has them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("products.yaml")


@dataclass(frozen=True, slots=True)
class KnownProduct:
    """A product on the market. `common`: its name is also an ordinary word."""

    name: str
    aliases: tuple[str, ...]
    common: bool


@cache
def catalog() -> tuple[KnownProduct, ...]:
    """The known products, in the order of the file."""
    import yaml

    entries = yaml.load(_FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["products"]
    return tuple(
        KnownProduct(entry["name"], tuple(entry.get("aliases", ())), bool(entry.get("common")))
        for entry in entries
    )


@cache
def known_names() -> tuple[str, ...]:
    """Every name and alias that is no ordinary word."""
    return tuple(
        name for product in catalog() if not product.common for name in (product.name, *product.aliases)
    )
