import { resolveCredentials } from "./credentials.mjs";

const ATTEMPTS = 2;

/** One embedded run against a host: attempts it until it answers. */
export async function runEmbeddedAgent(run) { // $ root=attempt
  let failure;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    try {
      return await dispatchAttempt(run);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** One attempt. The credentials are resolved from scratch each time, on the loop that serves every connection. */
async function dispatchAttempt(run) { // $ root=attempt
  const credentials = resolveCredentials(run.hostId);
  return { session: run.sessionId, answer: run.prompt, authorised: credentials.token !== "" };
}
