"""What `bench/pack.py` runs: a made town of houses, and each measurement that wants a process or a peer of its own."""
