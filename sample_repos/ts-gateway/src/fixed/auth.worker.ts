// Entry of the worker that `auth-pool.ts` starts. It has a loop of its own, and nobody waits for that one.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";

import type { SweepOrder } from "./auth-pool.js";

function storedProviders(order: SweepOrder, agentId: string): Set<string> {
  const path = join(order.stateDir, "agents", agentId, "auth-profiles.json");
  const { profiles } = JSON.parse(readFileSync(path, "utf8")); // $ sink=blocking.filesystem discharged
  return new Set(Object.keys(profiles));
}

function isInKeychain(providerId: string): boolean {
  const query = ["find-generic-password", "-s", `gateway-${providerId}`];
  try {
    execFileSync("security", query, { stdio: "ignore" }); // $ sink=blocking.process discharged
    return true;
  } catch {
    return false;
  }
}

function sweep(order: SweepOrder): Record<string, string[]> {
  const usable: Record<string, string[]> = {};
  for (const agentId of order.agents) {
    const stored = storedProviders(order, agentId);
    usable[agentId] = order.providers.filter((id) => stored.has(id) || isInKeychain(id));
  }
  return usable;
}

parentPort?.postMessage(sweep(workerData));
