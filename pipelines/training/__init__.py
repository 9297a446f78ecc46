"""From data to bundles: what `eqm train`, `search`, `distil`, `export`, `explain` and `evaluate` do."""
