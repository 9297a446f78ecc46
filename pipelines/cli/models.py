"""`eqm models`: what was trained, which bundle is in use, and what the running emotions job serves."""

import argparse
import json
import tempfile
import time
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.cli.groups import Commands
from pipelines.core.errors import EqmError
from pipelines.core.settings import Settings
from schemas.roles import Role

if TYPE_CHECKING:
    from pipelines.training.registry import Change


def register(commands: Commands) -> None:
    models = commands.add_parser("models", help="trained models: list, promote, announce to the running job")
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
        action.add_argument("--name", help="of the model (default: the only one)")
    add_actions(actions)


def _list(given: Namespace, settings: Settings) -> None:
    from pipelines.reports.tables.fitting import show
    from pipelines.training.registry import opened
    from pipelines.training.registry_text import entry_json, table

    registry = opened(settings)
    entries = [registry.entry(version) for name in registry.names() for version in registry.versions(name)]
    if given.json:
        print(json.dumps([entry_json(entry) for entry in entries]))
    else:
        show([table(entries)])


def _show(given: Namespace, settings: Settings) -> None:
    from pipelines.training.registry import named, opened
    from pipelines.training.registry_text import entry_json, lines

    registry = opened(settings)
    entry = registry.entry(registry.find(named(registry, given.name), given.version))
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


def add_actions(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    announce = actions.add_parser("announce", help="give a model a role in the running emotions job, without a stop")
    announce.add_argument(
        "version", metavar="VERSION|FOLDER", help="a registered version or alias, or a bundle's folder"
    )
    announce.add_argument("--name", help="of the registered model (default: the only one)")
    announce.add_argument("--role", type=Role, choices=list(Role), default=Role.SERVE, help="default: serve")
    announce.add_argument("--share", type=_share, help="of users, for the role share: 0.1 is a tenth")
    announce.set_defaults(handler=_announce, environment="batch")
    retire = actions.add_parser("retire", help="end a role; then who was submitted serves, and guests are gone")
    retire.add_argument("role", type=Role, choices=list(Role))
    retire.set_defaults(handler=_retire)
    live = actions.add_parser("live", help="what each worker of the emotions job says it runs")
    live.add_argument("--json", action="store_true", help="the same for machines")
    live.set_defaults(handler=_live)
    _add_compare(actions)


def _add_compare(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    compare = actions.add_parser("compare", help="the serving model beside its shadow, or beside who shares its users")
    instant = "ISO-8601 with its zone, or epoch milliseconds"
    compare.add_argument("--from", dest="from_time", metavar="T", help=f"windows that end after it: {instant}")
    compare.add_argument("--to", dest="to_time", metavar="T", help="windows that end no later")
    compare.add_argument("--labels", type=Path, metavar="FILE.csv", help="labels (default: the labels topic)")
    compare.add_argument("--json", action="store_true", help="the same for machines")
    compare.set_defaults(handler=_compare)


def announced_line(settings: Settings, bundle: Path) -> str:
    """Announces a bundle that is in use now, and says so; or why nobody has been told."""
    from pipelines.rollout.announcing import announce, answers

    if not answers(settings.bootstrap_servers):
        return f"no broker answers at {settings.bootstrap_servers}: no running job was told"
    try:
        control = announce(settings, bundle, Role.SERVE)
    except EqmError as fault:
        return f"a running job was not told: {fault}"
    return f"announced {control.name} {control.version}: a running emotions job goes over to it (`eqm models live`)"


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise ValueError(text)
    return value


def _announce(given: Namespace, settings: Settings) -> None:
    from pipelines.rollout.announcing import announce
    from pipelines.training.registry import bundle_of

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(given.version)
        bundle = folder if folder.is_dir() else bundle_of(settings, given.name, given.version, Path(temporary))
        control = announce(settings, bundle, given.role, share=given.share)
    print(
        f"announced {control.name} {control.version} as {control.role}; `eqm models live` shows what workers make of it"
    )


def _retire(given: Namespace, settings: Settings) -> None:
    from pipelines.rollout.announcing import retire

    retire(settings, given.role)
    print(f"announced the end of {given.role}")


def _live(given: Namespace, settings: Settings) -> None:
    from pipelines.reports.tables.fitting import show
    from pipelines.reports.tables.live_models import live_table
    from pipelines.rollout.reports import live, reports

    workers = live(reports(settings.bootstrap_servers), time.time_ns() // 1_000_000)
    if given.json:
        print(json.dumps({name: [report.model_dump(mode="json") for report in said] for name, said in workers.items()}))
    elif workers:
        show([live_table(workers)])
    else:
        print("no worker of the emotions job was heard in the last 30 s")


def _compare(given: Namespace, settings: Settings) -> None:
    from pipelines.baselines.enrolment import instant_ms
    from pipelines.reports.tables.fitting import show
    from pipelines.reports.tables.live_models import comparison_parts
    from pipelines.rollout.comparison import compare
    from pipelines.rollout.events_table import FOREVER

    first = instant_ms("--from", given.from_time) if given.from_time else FOREVER[0]
    last = instant_ms("--to", given.to_time) if given.to_time else FOREVER[1]
    found = compare(settings, (first, last), given.labels)
    if given.json:
        print(json.dumps([pair.as_json() for pair in found]))
    else:
        show(comparison_parts(found))
