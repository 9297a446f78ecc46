"""Reports: pages and terminal tables."""
