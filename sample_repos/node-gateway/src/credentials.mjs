import { execFileSync } from "node:child_process";
import { scryptSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const KEYCHAIN = fileURLToPath(new URL("../bin/keychain.mjs", import.meta.url));

/** The credentials of a host: its profile from the disk, its password from the keychain, and a token derived of both. */
export function resolveCredentials(hostId) {
  const profile = readAuthProfile(hostId);
  const password = readKeychainPassword(hostId);
  const key = scryptSync(password, profile.salt, 32); // $ sink=blocking.crypto finding=error:auth
  return { user: profile.user, token: key.toString("base64url") };
}

function readAuthProfile(hostId) {
  const file = new URL("../state/auth-profiles.json", import.meta.url);
  const profile = JSON.parse(readFileSync(file, "utf8"))[hostId]; // $ sink=blocking.filesystem finding=warning:auth
  if (!profile) {
    throw new Error("no auth profile");
  }
  return profile;
}

function readKeychainPassword(hostId) {
  const output = execFileSync(process.execPath, [KEYCHAIN, hostId]); // $ sink=blocking.process finding=error:auth
  return output.toString().trim();
}
