"""One module for each group of commands.

A module has `register(subparsers)`, which adds its parsers and sets each one's `handler`: a function of the parsed
arguments and the settings, which returns the exit code (None: 0). What takes long to import, handlers import. Where a
command needs one of the two environments, it sets `environment`, too.
"""
