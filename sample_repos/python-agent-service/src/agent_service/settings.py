"""Settings of the service, read once while the modules load."""

import json
import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Provider:
    id: str
    endpoint: str
    token_url: str


@dataclass(frozen=True)
class Settings:
    state_dir: str
    socket_port: int
    agents: tuple[str, ...]
    providers: tuple[Provider, ...]


_path = os.path.join(os.path.dirname(__file__), "settings.json")
with open(_path, encoding="utf-8") as _file:  # $ sink=blocking.filesystem silent
    _raw = json.load(_file)

settings = Settings(
    state_dir=_raw["state_dir"],
    socket_port=_raw["socket_port"],
    agents=tuple(_raw["agents"]),
    providers=tuple(Provider(**entry) for entry in _raw["providers"]),
)
