"""What several commands are told in the same way: days, Beam's options, and where labelled windows come from."""

import argparse
from pathlib import Path


def add_beam_arguments(parser: argparse.ArgumentParser) -> None:
    """`first_day`, `last_day`, and `beam`: all that follows it on the command line, for Beam alone."""
    day = "YYYY-MM-DD, today or yesterday"
    parser.add_argument("--from", dest="first_day", metavar="DAY", required=True, help=f"first day, UTC: {day}")
    parser.add_argument("--to", dest="last_day", metavar="DAY", required=True, help="last day, included")
    parser.add_argument(
        "--beam",
        nargs=argparse.REMAINDER,
        default=[],
        metavar="...",
        help="Beam's own options; must come last: --beam --runner=FlinkRunner --flink_master=host:port",
    )


def add_windows_arguments(parser: argparse.ArgumentParser) -> None:
    """`folders` or `training_set`, one of the two: where the labelled windows of people to judge by come from."""
    data = parser.add_mutually_exclusive_group(required=True)
    data.add_argument(
        "--recordings", dest="folders", type=Path, nargs="+", metavar="FOLDER", help="recordings with a labels.csv"
    )
    data.add_argument("--training-set", type=Path, metavar="FOLDER", help="a built training set, whatever its split")
