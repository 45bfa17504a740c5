import { sessionToken } from "./credentials.js";

export interface AgentRun {
  sessionId: string;
  hostId: string;
  prompt: string;
}

/** One embedded run against a host. */
export async function runEmbeddedAgent(run: AgentRun): Promise<string> { // $ root=attempt
  const token = await sessionToken(run.sessionId, run.hostId);
  const response = await fetch(`https://${run.hostId}/v1/runs`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ prompt: run.prompt }),
  });
  return await response.text();
}
