"""Text from outside made fit for a terminal."""


def plain(text: object) -> str:
    """``text`` on one line and without control characters, which could steer the terminal."""
    shown = "".join(char if char.isprintable() else " " for char in str(text))
    return " ".join(shown.split())
