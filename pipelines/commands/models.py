"""`eqm models`: what was trained, which bundle is in use, and changing that."""

import argparse
import json
from argparse import Namespace

from pipelines.settings import Settings


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    models = subparsers.add_parser("models", help="trained models: list, show, promote to champion, roll back")
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


def _list(given: Namespace, settings: Settings) -> None:
    from rich.console import Console

    from pipelines.models_text import entry_json, table
    from pipelines.registry import opened

    registry = opened(settings)
    entries = [registry.entry(version) for name in registry.names() for version in registry.versions(name)]
    if given.json:
        print(json.dumps([entry_json(entry) for entry in entries]))
    else:
        Console(highlight=False, markup=False, emoji=False).print(table(entries))


def _show(given: Namespace, settings: Settings) -> None:
    from pipelines.models_text import entry_json, lines
    from pipelines.registry import opened

    registry = opened(settings)
    entry = registry.entry(registry.find(given.name, given.version))
    print(json.dumps(entry_json(entry)) if given.json else "\n".join(lines(entry)))


def _promote(given: Namespace, settings: Settings) -> None:
    from pipelines.models_text import change_json
    from pipelines.registry import promote

    change = promote(settings, given.name, given.version)
    if given.json:
        print(json.dumps(change_json(change)))
    else:
        print(f"{change.version.title} is champion: {change.why}\n{settings.current_bundle} holds it")


def _rollback(given: Namespace, settings: Settings) -> None:
    from pipelines.models_text import change_json
    from pipelines.registry import rollback

    change = rollback(settings, given.name)
    if given.json:
        print(json.dumps(change_json(change)))
    else:
        print(f"{change.version.title} is champion: {change.why}\n{settings.current_bundle} holds it")
