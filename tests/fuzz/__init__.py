"""Inputs that nobody would send, by the million: what reads them must refuse in one line or read them right.

`rounds` runs a target and keeps what it finds, `cases` writes inputs down, two modules of mutations make them, and each
target is a module of its own. Started by `make fuzz`.
"""
