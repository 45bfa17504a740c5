import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { config } from "../config.js";
import { listUsableModels } from "../models/provider-auth.js";

const WARMUP_DELAY_MS = 5_000;

/** Prepare the auth state a little after listen. The delay lets sockets connect, and then all of them wait. */
export function scheduleWarmup(): void {
  setTimeout(() => { // $ root=warmup
    warmProviderAuthState();
  }, WARMUP_DELAY_MS).unref();
}

function warmProviderAuthState(): void {
  const snapshot = JSON.stringify(listUsableModels());
  const path = join(config.stateDir, "provider-auth-state.json");
  writeFileSync(path, snapshot); // $ sink=blocking.filesystem finding=note:filesystem
}
