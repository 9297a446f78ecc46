"""`eqm models`: what was trained, which bundle is in use, and changing that."""

import argparse
import json
from argparse import Namespace
from typing import TYPE_CHECKING

from pipelines.cli.live_models import add_actions, announced_line
from pipelines.core.settings import Settings

if TYPE_CHECKING:
    from pipelines.training.registry import Change


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    models = subparsers.add_parser("models", help="trained models: list, promote, announce to the running job")
    actions = models.add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="all versions, with figures from people held out")
    show = actions.add_parser("show", help="all that is known of one version")
    promote = actions.add_parser(
        "promote", help="make a version champion and use its bundle, unless it does not fit or is worse"
    )
    rollback = actions.add_parser("rollback", help="go back to the champion before")
    for action, handler in ((listing, _list), (show, _show), (promote, _promote), (rollback, _rollback)):
        action.add_argument("--json", action="store_true", help="the same for machines")
        action.set_defaults(handler=handler, environment="batch")
    for action in (show, promote):
        action.add_argument("version", metavar="VERSION", help="its number, its bundle's version, or an alias")
    for action in (show, promote, rollback):
        action.add_argument("--name", default="eqm", help="of the model (default: eqm)")
    add_actions(actions)


def _list(given: Namespace, settings: Settings) -> None:
    from rich.console import Console

    from pipelines.training.registry import opened
    from pipelines.training.registry_text import entry_json, table

    registry = opened(settings)
    entries = [registry.entry(version) for name in registry.names() for version in registry.versions(name)]
    if given.json:
        print(json.dumps([entry_json(entry) for entry in entries]))
    else:
        Console(highlight=False, markup=False, emoji=False).print(table(entries))


def _show(given: Namespace, settings: Settings) -> None:
    from pipelines.training.registry import opened
    from pipelines.training.registry_text import entry_json, lines

    registry = opened(settings)
    entry = registry.entry(registry.find(given.name, given.version))
    print(json.dumps(entry_json(entry)) if given.json else "\n".join(lines(entry)))


def _promote(given: Namespace, settings: Settings) -> None:
    from pipelines.training.registry import promote

    _tell(promote(settings, given.name, given.version), given, settings)


def _rollback(given: Namespace, settings: Settings) -> None:
    from pipelines.training.registry import rollback

    _tell(rollback(settings, given.name), given, settings)


def _tell(change: "Change", given: Namespace, settings: Settings) -> None:
    """A job that runs serves what is in use; where it cannot be told, that is no failure of the change."""
    from pipelines.training.registry_text import change_json

    told = announced_line(settings, settings.current_bundle)
    if given.json:
        print(json.dumps(change_json(change) | {"live": told}))
    else:
        print(f"{change.version.title} is champion: {change.why}\n{settings.current_bundle} holds it\n{told}")
