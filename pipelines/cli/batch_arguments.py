"""What every batch command is told in the same way: the days, and how Beam runs."""

import argparse


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
