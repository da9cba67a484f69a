"""The models of the dbt project, from their files."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import yaml

from rowkeeper.core.settings import PROJECT_DIR

DBT = PROJECT_DIR / "dbt_project"
MODELS = {path.stem: path for path in (DBT / "models").rglob("*.sql")}
REF = re.compile(r"""ref\(\s*["'](\w+)["']\s*\)""")
FOR_PEOPLE = ("marts", "ops")
_OWN_KIND = re.compile(r'materialized="(\w+)"')


def description_of(name: str) -> Mapping[str, Any]:
    """What the yml beside a model says of it."""
    described = yaml.safe_load(MODELS[name].with_suffix(".yml").read_text("utf-8"))
    return next(model for model in described["models"] if model["name"] == name)


def kind_of(name: str) -> str:
    """How a model is materialized: as it says itself, as its yml does, or as its layer is."""
    own = _OWN_KIND.search(MODELS[name].read_text("utf-8"))
    layer = configured()[MODELS[name].parent.name]
    in_project = layer.get(name, {}).get("+materialized")
    return str(own[1] if own else in_project or layer["+materialized"])


@cache
def configured() -> Mapping[str, Any]:
    """What dbt_project.yml says of the models, by layer."""
    config = yaml.safe_load((PROJECT_DIR / "dbt_project.yml").read_text("utf-8"))
    layers: Mapping[str, Any] = config["models"]["rowkeeper"]
    return layers
