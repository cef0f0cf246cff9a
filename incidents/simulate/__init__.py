"""The demonstration town alive: what happens there, how it is handled, who walks where. Only for towns that are declared synthetic."""
