"""What a home folder holds, for whoever is about to remove it."""

from pathlib import Path

from rich.filesize import decimal

from pipelines.reports.tables.fitting import WIDTH, folded
from pipelines.stack.home import HomeEntry, held, others


def lines(home: Path) -> list[str]:
    """What would go, largest first, and what would stay; paths stand whole, whatever their length."""
    found = held(home)
    if not found:
        return [f"{home} holds nothing of EQM's", *_staying(home)]
    total = decimal(sum(each.size_bytes for each in found))
    return [f"{home} holds {total}, and all of it goes:", *(_line(each) for each in found), *_staying(home)]


def _line(each: HomeEntry) -> str:
    return f"  {each.name:<12} {decimal(each.size_bytes):>9}  {each.what}"


def _staying(home: Path) -> list[str]:
    """Names of what EQM did not make."""
    names = others(home)
    if not names:
        return []
    return folded(f"  not EQM's, and stays: {', '.join(names)}", WIDTH)
