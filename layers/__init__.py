"""Read side: one file per management layer; machinery in `layers.core`."""
