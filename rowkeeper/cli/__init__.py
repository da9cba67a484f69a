"""The commands. This is the only place that knows all rooms."""


def main() -> None:
    """Entry point of the console script."""
