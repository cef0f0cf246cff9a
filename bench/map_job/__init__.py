"""What the benchmark of the map and its tests share: the canvas layer on a bare page, and a synthetic district."""
