import { resolveCredentials } from "../auth/credentials.js";
import { config, type Provider } from "../config.js";

export interface AgentRun {
  agentId: string;
  sessionId: string;
  prompt: string;
}

/** One embedded run: attempts the providers in order until one answers. */
export async function runEmbeddedAgent(run: AgentRun): Promise<string> { // $ root=attempt
  let failure: unknown = new Error("no provider configured");
  for (const provider of config.providers) {
    try {
      return await dispatchAttempt(run, provider);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** One attempt. The credentials are resolved from scratch each time, on the loop that serves every socket. */
async function dispatchAttempt(run: AgentRun, provider: Provider): Promise<string> { // $ root=attempt
  const credentials = resolveCredentials(run.agentId, provider);
  const response = await fetch(provider.endpoint, {
    method: "POST",
    headers: { authorization: `Bearer ${credentials.accessToken}`, "content-type": "application/json" },
    body: JSON.stringify({ session: run.sessionId, prompt: run.prompt }),
  });
  if (!response.ok) {
    throw new Error(`${provider.id} answered ${response.status}`);
  }
  return await response.text();
}
