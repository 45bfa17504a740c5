#!/usr/bin/env node
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { config } from "../config.js";

/** `gateway-doctor`: one process, one answer, no loop to hold up. */
function main(): number {
  const node = execFileSync("node", ["--version"], { encoding: "utf8" }).trim(); // $ sink=blocking.process silent
  console.log(`node ${node}`);
  let failures = 0;
  for (const agentId of config.agents) {
    const path = join(config.stateDir, "agents", agentId, "auth-profiles.json");
    if (!existsSync(path)) { // $ sink=blocking.filesystem silent
      console.error(`${agentId}: no auth profiles`);
      failures += 1;
      continue;
    }
    const { profiles } = JSON.parse(readFileSync(path, "utf8")); // $ sink=blocking.filesystem silent
    console.log(`${agentId}: ${Object.keys(profiles).length} auth profiles`);
  }
  return failures === 0 ? 0 : 1;
}

process.exitCode = main();
