// Archetype use-async-api: the same file and the same helper, awaited.
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { config } from "../config.js";

const runFile = promisify(execFile);

/** The access token of an agent for a provider, from its profile store or else from the keychain. */
export async function accessToken(agentId: string, providerId: string): Promise<string> {
  const path = join(config.stateDir, "agents", agentId, "auth-profiles.json");
  const { profiles } = JSON.parse(await readFile(path, "utf8"));
  const stored = profiles[providerId];
  if (stored) {
    return stored.accessToken;
  }
  const { stdout } = await runFile("security", ["find-generic-password", "-s", `gateway-${providerId}`, "-w"]);
  return stdout.trim();
}
