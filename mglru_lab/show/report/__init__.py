"""Notebooks as reports: parameters checked, cells run, one HTML file or a batch of them."""
