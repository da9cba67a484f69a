"""The main job without a network: ``make demo``."""
