"""What signals are held in: packed samples, flat series, regular grids, and loops compiled to machine code."""
