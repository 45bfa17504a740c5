import { execFileSync, spawnSync } from "node:child_process";

import type { Provider } from "../config.js";
import { type Credentials, ensureAuthProfileStore, saveAuthProfile } from "./profile-store.js";

const KEYCHAIN_TOKEN_LIFETIME_MS = 5 * 60_000;

/** The password that the system keychain holds for a provider; `undefined` where there is no keychain or no entry. */
export function readKeychainToken(providerId: string): string | undefined {
  if (process.platform !== "darwin") {
    return undefined;
  }
  const query = ["find-generic-password", "-s", `gateway-${providerId}`, "-w"];
  try {
    return execFileSync("security", query, { encoding: "utf8" }).trim(); // $ sink=blocking.process finding=error:auth
  } catch {
    return undefined;
  }
}

/** What an attempt against `provider` authenticates with: the stored profile, the keychain, or a refreshed token. */
export function resolveCredentials(agentId: string, provider: Provider): Credentials {
  const stored = ensureAuthProfileStore(agentId).profiles[provider.id];
  if (stored && stored.expiresAt > Date.now()) {
    return stored;
  }
  const password = readKeychainToken(provider.id);
  if (password) {
    return { accessToken: password, refreshToken: "", expiresAt: Date.now() + KEYCHAIN_TOKEN_LIFETIME_MS };
  }
  if (!stored) {
    throw new Error(`no credentials for ${provider.id}`);
  }
  const fresh = refreshAccessToken(provider, stored.refreshToken);
  saveAuthProfile(agentId, provider.id, fresh);
  return fresh;
}

function refreshAccessToken(provider: Provider, refreshToken: string): Credentials {
  const form = `grant_type=refresh_token&refresh_token=${encodeURIComponent(refreshToken)}`;
  const args = ["--silent", "--fail", "--data", form, provider.tokenUrl];
  const answer = spawnSync("curl", args, { encoding: "utf8" }); // $ sink=blocking.process finding=error:auth
  if (answer.status !== 0) {
    throw new Error(`token refresh failed for ${provider.id}`);
  }
  const body = JSON.parse(answer.stdout);
  return {
    accessToken: body.access_token,
    refreshToken: body.refresh_token ?? refreshToken,
    expiresAt: Date.now() + body.expires_in * 1000,
  };
}
