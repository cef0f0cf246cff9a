"""The demonstration town: a fictitious delta town as raw department files, deterministic by seed, scale and day."""
