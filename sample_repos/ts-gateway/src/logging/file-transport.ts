import { appendFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";

import { config } from "../config.js";

const ROTATE_AT_BYTES = 8 * 1024 * 1024;
const ROTATE_EVERY_MS = 60_000;

export type Fields = Record<string, string | number | boolean>;

/** Appends one JSON line per entry. Writing synchronously keeps the order, and makes every caller wait for the disk. */
export class FileTransport {
  constructor(private readonly path: string) {}

  append(event: string, fields: Fields = {}): void {
    const line = JSON.stringify({ at: new Date().toISOString(), event, ...fields });
    appendFileSync(this.path, `${line}\n`); // $ sink=blocking.filesystem finding=warning:filesystem
  }

  startRotation(): void {
    setInterval(() => { // $ root=tick
      this.rotate();
    }, ROTATE_EVERY_MS).unref();
  }

  private rotate(): void {
    const { size } = statSync(this.path); // $ sink=blocking.filesystem finding=note:filesystem
    if (size > ROTATE_AT_BYTES) {
      renameSync(this.path, `${this.path}.1`); // $ sink=blocking.filesystem finding=note:filesystem
    }
  }
}

export const fileTransport = new FileTransport(join(config.stateDir, "gateway.log"));
