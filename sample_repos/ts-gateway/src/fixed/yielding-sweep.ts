// Archetype yield-between-probes: other callbacks get in between two probes, but each probe still blocks.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";

import { config } from "../config.js";

/** The providers an agent has a credential file for; gives the loop a turn before each look. */
export async function providersWithCredentials(agentId: string): Promise<string[]> {
  const found: string[] = [];
  for (const provider of config.providers) {
    await nextTurn();
    if (hasCredentialFile(agentId, provider.id)) {
      found.push(provider.id);
    }
  }
  return found;
}

function hasCredentialFile(agentId: string, providerId: string): boolean {
  const path = join(config.stateDir, "agents", agentId, `${providerId}.credentials.json`);
  try {
    return readFileSync(path, "utf8").includes("accessToken"); // $ sink=blocking.filesystem finding=warning:auth
  } catch {
    return false;
  }
}
