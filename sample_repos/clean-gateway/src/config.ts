import { readFileSync } from "node:fs";

export interface Config {
  port: number;
  stateDir: string;
}

// Before listen, so that nobody waits for it.
const text = readFileSync(new URL("../config.json", import.meta.url), "utf8"); // $ sink=blocking.filesystem silent

export const config: Config = JSON.parse(text);
