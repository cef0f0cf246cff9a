"""Write side: department files become one published snapshot. `python -m etl`."""
