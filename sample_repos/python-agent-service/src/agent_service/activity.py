"""The activity log: one JSON line per event."""

import json
import os
import time

from agent_service.settings import settings

LOG_PATH = os.path.join(settings.state_dir, "activity.log")


def record(event: str, **fields: str | int) -> None:
    """Append one entry. Whoever calls this waits for the disk."""
    line = json.dumps({"at": time.time(), "event": event, **fields})
    with open(LOG_PATH, "a", encoding="utf-8") as log:  # $ sink=blocking.filesystem finding=warning:filesystem
        print(line, file=log)


def tail(count: int) -> list[str]:
    """The last `count` entries."""
    with open(LOG_PATH, encoding="utf-8") as log:  # $ sink=blocking.filesystem silent
        return log.readlines()[-count:]  # $ sink=blocking.filesystem silent
