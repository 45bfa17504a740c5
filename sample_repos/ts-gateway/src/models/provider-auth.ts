import { readKeychainToken } from "../auth/credentials.js";
import { ensureAuthProfileStore } from "../auth/profile-store.js";
import { config } from "../config.js";

export interface UsableModel {
  agentId: string;
  providerId: string;
}

/** Whether an agent could authenticate against a provider. Looks at the disk and asks the keychain. */
export function hasAuthForModelProvider(agentId: string, providerId: string): boolean {
  const { profiles } = ensureAuthProfileStore(agentId);
  return profiles[providerId] !== undefined || readKeychainToken(providerId) !== undefined;
}

/** Every provider each agent may use: one probe per provider, for each agent. */
export function listUsableModels(): UsableModel[] {
  const usable: UsableModel[] = [];
  for (const agentId of config.agents) {
    for (const provider of config.providers) {
      if (hasAuthForModelProvider(agentId, provider.id)) {
        usable.push({ agentId, providerId: provider.id });
      }
    }
  }
  return usable;
}

/** A checker that remembers its answers. Callers make one per command, so it forgets them with the command. */
export function createProviderAuthChecker(agentId: string): (providerId: string) => boolean {
  const answers = new Map<string, boolean>();
  return (providerId) => {
    let answer = answers.get(providerId);
    if (answer === undefined) {
      answer = hasAuthForModelProvider(agentId, providerId);
      answers.set(providerId, answer);
    }
    return answer;
  };
}
