"""dbt without what it does for nobody: in a small build that is a sixth of the work."""

from typing import Any

import pytest
from dbt.context.base import BaseContext
from dbt.context.macros import MacroNamespace
from dbt.context.manifest import ManifestContext
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager


def make_quicker(patch: pytest.MonkeyPatch) -> None:
    """What dbt builds, says and logs in this process stays the same."""
    fire_event, to_dict = EventManager.fire_event, ManifestContext.to_dict

    def fire_what_counts(
        self: EventManager,
        e: BaseEvent,
        level: EventLevel | None = None,
        *more: Any,
        **named: Any,
    ) -> None:
        """dbt writes each event out, strikes secrets from it, and then asks for its level."""
        is_debug = (level or e.level_tag()) == EventLevel.DEBUG
        if not is_debug or any(logger.level == EventLevel.DEBUG for logger in self.loggers):
            fire_event(self, e, level, *more, **named)

    def with_macros(self: ManifestContext) -> dict[str, Any]:
        """dbt asks five namespaces for each of hundreds of macros, three times a model."""
        if not isinstance(self.namespace, MacroNamespace):
            return to_dict(self)
        found = BaseContext.to_dict(self)
        for namespace in reversed(list(self.namespace._search_order())):
            found.update(namespace)
        return found

    patch.setattr(EventManager, "fire_event", fire_what_counts)
    patch.setattr(ManifestContext, "to_dict", with_macros)
