"""Rules that turn the words of a site into a verdict; docs/providers.md shows them all."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rowkeeper.core.errors import AmbiguousError, TransferError


@dataclass(frozen=True)
class Rule:
    """What one kind of refusal means.

    ``match`` is a pattern of the site's words, or the exact reason that an API names. ``example``
    is a message that the rule is for; ``why`` says in half a sentence what the verdict rests on.
    """

    match: str
    error: type[TransferError]
    code: str
    example: str
    why: str

    @property
    def verdict(self) -> str:
        """The verdict in a word, as the docs show it."""
        return "ambiguous" if issubclass(self.error, AmbiguousError) else self.error.verdict.value

    def raised(self, words: str, retry_after_s: float | None = None) -> TransferError:
        """The error of this rule, in ``words``."""
        return self.error(self.code, words, retry_after_s)


def first_match(rules: Iterable[Rule], words: str) -> Rule | None:
    """The first rule whose pattern is found in ``words``, whatever their case."""
    return next((rule for rule in rules if re.search(rule.match, words, re.IGNORECASE)), None)
