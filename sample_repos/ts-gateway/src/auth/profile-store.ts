import { createDecipheriv, pbkdf2Sync } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

import { config } from "../config.js";

export interface Credentials {
  accessToken: string;
  refreshToken: string;
  expiresAt: number;
}

export interface AuthProfileStore {
  profiles: Record<string, Credentials>;
}

interface SealedStore {
  salt: string;
  iv: string;
  tag: string;
  data: string;
}

function storePath(agentId: string): string {
  return join(config.stateDir, "agents", agentId, "auth-profiles.json");
}

/** The auth profiles of one agent. Every call opens the file and derives the key anew: nothing is kept. */
export function ensureAuthProfileStore(agentId: string): AuthProfileStore {
  const path = storePath(agentId);
  if (!existsSync(path)) { // $ sink=blocking.filesystem finding=warning:auth
    return { profiles: {} };
  }
  const stored = JSON.parse(readFileSync(path, "utf8")); // $ sink=blocking.filesystem finding=error:auth
  return "data" in stored ? unsealStore(stored) : stored;
}

/** Write `credentials` back for one provider, so that the next run finds the fresh token. */
export function saveAuthProfile(agentId: string, providerId: string, credentials: Credentials): void {
  const store = ensureAuthProfileStore(agentId);
  store.profiles[providerId] = credentials;
  writeFileSync(storePath(agentId), JSON.stringify(store)); // $ sink=blocking.filesystem finding=warning:filesystem
}

function unsealStore(sealed: SealedStore): AuthProfileStore {
  const salt = Buffer.from(sealed.salt, "base64");
  const key = pbkdf2Sync(hostname(), salt, 210_000, 32, "sha512"); // $ sink=blocking.crypto finding=error:auth
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(sealed.iv, "base64"));
  decipher.setAuthTag(Buffer.from(sealed.tag, "base64"));
  const plain = Buffer.concat([decipher.update(Buffer.from(sealed.data, "base64")), decipher.final()]);
  return JSON.parse(plain.toString("utf8"));
}
