import { execFile } from "node:child_process";
import { scrypt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const MAX_AGE_MS = 60 * 60_000;
const KEYCHAIN = fileURLToPath(new URL("../bin/keychain.mjs", import.meta.url));

const run = promisify(execFile);
const derive = promisify(scrypt);
const entries = new Map();

/** The credentials of a session on a host, for an hour; attempts that ask at the same time share one resolution. */
export function sessionCredentials(sessionId, hostId) {
  const key = `${sessionId}\u0000${hostId}`;
  const known = entries.get(key);
  if (known && known.expiresAt > Date.now()) {
    return known.credentials;
  }
  const credentials = resolveCredentials(hostId);
  entries.set(key, { credentials, expiresAt: Date.now() + MAX_AGE_MS });
  credentials.catch(() => entries.delete(key));
  return credentials;
}

/** The credentials of a host: its profile from the disk, its password from the keychain, and a token derived of both. */
async function resolveCredentials(hostId) {
  const [profile, password] = await Promise.all([readAuthProfile(hostId), readKeychainPassword(hostId)]);
  const key = await derive(password, profile.salt, 32);
  return { user: profile.user, token: key.toString("base64url") };
}

async function readAuthProfile(hostId) {
  const file = new URL("../state/auth-profiles.json", import.meta.url);
  const profile = JSON.parse(await readFile(file, "utf8"))[hostId];
  if (!profile) {
    throw new Error("no auth profile");
  }
  return profile;
}

async function readKeychainPassword(hostId) {
  const { stdout } = await run(process.execPath, [KEYCHAIN, hostId]);
  return stdout.trim();
}
