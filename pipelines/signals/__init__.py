"""Array functions per signal: arrays in, arrays out; no clock, no I/O, no engine.

Every function takes the series of many windows at once. What it says of a window depends on nothing but that
window's samples: not on their order or repetition, nor on the other windows of the batch, to the last bit. One thing is
told by order alone: which of several beats of one stamp came first.
"""
