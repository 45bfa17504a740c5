import { sessionCredentials } from "./credentials.mjs";

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

/** One attempt. The credentials come from the cache of the session; only its first attempt waits for them. */
async function dispatchAttempt(run) { // $ root=attempt
  const credentials = await sessionCredentials(run.sessionId, run.hostId);
  return { session: run.sessionId, answer: run.prompt, authorised: credentials.token !== "" };
}
