import { appendFile } from "node:fs/promises";
import { join } from "node:path";

import { config } from "./config.js";

let tail: Promise<void> = Promise.resolve();

/** Append one line. The promise chain keeps the order; callers need not wait. */
export function append(event: string): Promise<void> {
  tail = tail.then(() => appendFile(join(config.stateDir, "gateway.log"), `${event}\n`)).catch(() => undefined);
  return tail;
}
