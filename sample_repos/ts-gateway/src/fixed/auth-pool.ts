// Archetype auth-on-worker-thread: the sweep takes as long as before, but not on the loop.
import { Worker } from "node:worker_threads";

import { config } from "../config.js";

export interface SweepOrder {
  stateDir: string;
  agents: string[];
  providers: string[];
}

/** Which providers each agent may use, worked out in a worker thread. */
export function sweepInWorker(): Promise<Record<string, string[]>> {
  const workerData: SweepOrder = {
    stateDir: config.stateDir,
    agents: config.agents,
    providers: config.providers.map((provider) => provider.id),
  };
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./auth.worker.js", import.meta.url), { workerData });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}
