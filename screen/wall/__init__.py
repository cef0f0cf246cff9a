"""The wall: scenes as files, panels that answer questions, and where they lie at every shape of screen."""
