import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

import { config } from "../config.js";

export interface TranscriptIndex {
  files: string[];
  titles: Record<string, string>;
  updatedAt: number;
}

/** What `sessions.list` answers: the transcript files of an agent, their titles and when the index changed. */
export function listTranscripts(agentId: string): TranscriptIndex {
  const folder = join(config.stateDir, "transcripts", agentId);
  const index = join(folder, "index.json");
  const files = readdirSync(folder); // $ sink=blocking.filesystem finding=warning:filesystem
  const titles = JSON.parse(readFileSync(index, "utf8")); // $ sink=blocking.filesystem finding=warning:filesystem
  const { mtimeMs } = statSync(index); // $ sink=blocking.filesystem finding=note:filesystem
  return { files, titles, updatedAt: mtimeMs };
}
