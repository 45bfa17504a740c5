"""`agent-doctor`: checks an installation. One process, one answer, no loop to hold up."""

import argparse
import os
import subprocess

import requests

from agent_service.settings import settings


def main() -> int:
    """Print what is missing; the exit code counts the failures."""
    parser = argparse.ArgumentParser(prog="agent-doctor")
    parser.add_argument("--online", action="store_true", help="ask the providers, too")
    arguments = parser.parse_args()
    failures = missing_profiles()
    subprocess.run(["security", "list-keychains"], check=False)  # $ sink=blocking.process silent
    if arguments.online:
        failures += unreachable_providers()
    return failures


def missing_profiles() -> int:
    missing = 0
    for agent_id in settings.agents:
        path = os.path.join(settings.state_dir, "agents", agent_id, "auth-profiles.json")
        if not os.path.exists(path):  # $ sink=blocking.filesystem silent
            print(f"{agent_id}: no auth profiles")
            missing += 1
    return missing


def unreachable_providers() -> int:
    unreachable = 0
    for provider in settings.providers:
        answer = requests.head(provider.endpoint, timeout=10)  # $ sink=blocking.network silent
        if answer.status_code >= 500:
            print(f"{provider.id}: answered {answer.status_code}")
            unreachable += 1
    return unreachable


if __name__ == "__main__":
    raise SystemExit(main())
