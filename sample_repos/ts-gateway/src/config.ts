import { readFileSync } from "node:fs";

export interface Provider {
  id: string;
  endpoint: string;
  tokenUrl: string;
}

export interface GatewayConfig {
  port: number;
  stateDir: string;
  uplinkUrl: string;
  agents: string[];
  providers: Provider[];
}

// Read while the modules load: nobody is connected yet.
const text = readFileSync(new URL("../config.json", import.meta.url), "utf8"); // $ sink=blocking.filesystem silent

export const config: GatewayConfig = JSON.parse(text);
