"""The face: pages, panels, callbacks and text. Reads through `layers` and `incidents`, never a table itself."""
