import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { config } from "./config.js";

const MAX_AGE_MS = 60 * 60_000;

interface Entry {
  token: Promise<string>;
  expiresAt: number;
}

const entries = new Map<string, Entry>();

/** The token of a session on a host; attempts that ask at the same time share one resolution. */
export function sessionToken(sessionId: string, hostId: string): Promise<string> {
  const key = `${sessionId}\u0000${hostId}`;
  const known = entries.get(key);
  if (known && known.expiresAt > Date.now()) {
    return known.token;
  }
  const token = readToken(hostId);
  entries.set(key, { token, expiresAt: Date.now() + MAX_AGE_MS });
  token.catch(() => entries.delete(key));
  return token;
}

async function readToken(hostId: string): Promise<string> {
  const stored = JSON.parse(await readFile(join(config.stateDir, `${hostId}.json`), "utf8"));
  return stored.token;
}
