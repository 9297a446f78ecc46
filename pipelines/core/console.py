"""What draws on a terminal: tables, colours, bars that move. Apart from `terminal`, for rich takes long to load."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from pipelines.core.terminal import readable


class TerminalConsole(Console):
    """Rich's console, the texts in it escaped. Nothing else may draw on a terminal."""

    def render_str(self, text: str, **options: Any) -> Text:  # noqa: ANN401
        """A plain text as rich has it, escaped before its width is measured."""
        return super().render_str(readable(text), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """What rich makes of it, its own control sequences untouched; whatever was no plain text is escaped here."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=readable(segment.text))
