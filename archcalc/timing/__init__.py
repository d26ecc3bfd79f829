"""Time and memory on devices: rooflines, measurements, what fits."""
