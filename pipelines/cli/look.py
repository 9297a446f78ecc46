"""`eqm watch` and `eqm features`: for those who use what the jobs publish."""

import argparse

from feature_repo.columns import VIEWS, WINDOW_FEATURES
from pipelines.cli.groups import Commands
from pipelines.core.settings import Settings
from pipelines.core.terminal import complain


def register(commands: Commands) -> None:
    """Add the commands."""
    _watch(commands.add_parser("watch", help="show emotion events as they come"))
    _features(commands.add_parser("features", help="show a user's newest features, read from Feast"))


def _watch(command: argparse.ArgumentParser) -> None:
    command.add_argument("--user", metavar="U", help="only this user")
    command.add_argument("--json", action="store_true", help="one line of JSON per event")
    command.add_argument("--features", action="store_true", help="feature windows instead, one line of JSON each")
    command.add_argument("--from-start", action="store_true", help="begin with the oldest event on the topic")
    command.add_argument("--for", dest="for_s", type=seconds, metavar="SECONDS", help="end after so long")
    command.set_defaults(handler=run_watch)


def _features(command: argparse.ArgumentParser) -> None:
    command.add_argument("user", metavar="U", help="user id")
    command.add_argument("--view", choices=list(VIEWS), default=WINDOW_FEATURES, help="default: %(default)s")
    command.add_argument("--json", action="store_true", help="one line of JSON; missing values are null")
    command.set_defaults(handler=run_features)


def seconds(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise ValueError(text)
    return value


def run_watch(args: argparse.Namespace, settings: Settings) -> int:
    """Handler of `eqm watch`."""
    from pipelines.serving.client import EmotionConsumer
    from pipelines.serving.feature_reader import FeatureReader
    from pipelines.serving.waiting import reason
    from pipelines.serving.watch import WatchOptions, watch, watch_features

    limit = {} if args.for_s is None else {"for_s": args.for_s}
    options = WatchOptions(user=args.user, as_json=args.json, **limit)
    if args.features:
        with FeatureReader(settings.bootstrap_servers, from_start=args.from_start, on_malformed=complain) as reader:
            return watch_features(reader, options)
    with EmotionConsumer(settings.bootstrap_servers, from_start=args.from_start, on_malformed=complain) as consumer:
        return watch(consumer, options, lambda: reason(settings))


def run_features(args: argparse.Namespace, settings: Settings) -> None:
    """Handler of `eqm features`."""
    from pipelines.serving.look_ups import show

    show(settings, args.user, args.view, json_line=args.json)
