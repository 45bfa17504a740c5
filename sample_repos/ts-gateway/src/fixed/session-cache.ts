// Archetype auth-cache-per-session-per-host: the first attempt of a session resolves, the others share its promise.
import { execFileSync } from "node:child_process";

const MAX_AGE_MS = 60 * 60_000;

interface Entry {
  token: Promise<string>;
  expiresAt: number;
}

const entries = new Map<string, Entry>();

/** The token of a session on a host: from the cache for up to an hour, resolved once however many attempts ask. */
export function sessionToken(sessionId: string, hostId: string): Promise<string> {
  const key = `${sessionId}\u0000${hostId}`;
  const known = entries.get(key);
  if (known && known.expiresAt > Date.now()) {
    return known.token;
  }
  const token = resolveToken(hostId);
  entries.set(key, { token, expiresAt: Date.now() + MAX_AGE_MS });
  token.catch(() => entries.delete(key));
  return token;
}

async function resolveToken(hostId: string): Promise<string> {
  const query = ["find-generic-password", "-s", hostId, "-w"];
  return execFileSync("security", query, { encoding: "utf8" }).trim(); // $ sink=blocking.process discharged
}
