"""Parts of `bench/live.py`: who sends, who follows, and what else could be done."""
