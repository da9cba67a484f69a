"""What a program that we start may know of this process."""

import os
from collections.abc import Mapping

PASSED_ON = frozenset({"HOME", "LANG", "LC_ALL", "PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR"})
"""None of our variables, and none of a store's or a database's."""


def bare_environment(given: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a child may know of ``given``, or of this process's environment."""
    whole = os.environ if given is None else given
    return {name: value for name, value in whole.items() if name.upper() in PASSED_ON}
