import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

STATE = Path(__file__).resolve().parent.parent / "state"
KEYCHAIN = Path(__file__).resolve().parent / "keychain.py"


@dataclass(frozen=True)
class Credentials:
    user: str
    token: str


def resolve_credentials(host: str) -> Credentials:
    """Those of a host: its profile from the disk, its password from the keychain, and a token derived of both."""
    profile = read_auth_profile(host)
    password = read_keychain_password(host)
    salt = profile["salt"].encode()
    key = hashlib.scrypt(password, salt=salt, n=16384, r=8, p=1)  # $ sink=blocking.crypto finding=error:auth
    return Credentials(profile["user"], key.hex())


def read_auth_profile(host: str) -> dict[str, str]:
    text = (STATE / "auth-profiles.json").read_text()  # $ sink=blocking.filesystem finding=warning:auth
    profile: dict[str, str] = json.loads(text)[host]
    return profile


def read_keychain_password(host: str) -> bytes:
    command = (sys.executable, str(KEYCHAIN), host)
    done = subprocess.run(command, check=True, capture_output=True)  # $ sink=blocking.process finding=error:auth
    return done.stdout.strip()
