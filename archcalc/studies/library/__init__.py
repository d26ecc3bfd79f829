"""The public functions about networks: one for each command, and thin. ``archcalc`` offers them."""
