"""The live network: the incident log, its life cycle and its feeds. Moves in with the NETWORK issue."""
