"""Cement: how much, how far, where it would leak."""
