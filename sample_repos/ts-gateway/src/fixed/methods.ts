import { config } from "../config.js";
import type { RpcTable } from "../gateway/methods.js";
import { accessToken } from "./async-store.js";
import { sweepInWorker } from "./auth-pool.js";
import { modelCatalog } from "./model-catalog.js";
import { sessionToken } from "./session-cache.js";
import { Uplink } from "./uplink.js";
import { providersWithCredentials } from "./yielding-sweep.js";

const uplink = new Uplink(config.uplinkUrl);

/** One RPC method per archetype, so that each twin has an entry point of its own. */
export const fixedMethods: RpcTable = {
  "run.prepare": async (params) => { // $ root=rpc
    const token = await sessionToken(params.sessionId ?? "", params.hostId ?? "");
    return { ready: token !== "" };
  },
  "models.sweep": async () => ({ usable: await sweepInWorker() }), // $ root=rpc
  "models.probe": async (params) => { // $ root=rpc
    const token = await accessToken(params.agentId ?? "main", params.providerId ?? "");
    return { usable: token !== "" };
  },
  "models.providers": async (params) => { // $ root=rpc
    return { providers: await providersWithCredentials(params.agentId ?? "main") };
  },
  "models.catalog": () => ({ catalog: modelCatalog() }), // $ root=rpc
  "reply.deliver": (params) => { // $ root=rpc
    const { sessionId = "", responseId = "", body = "" } = params;
    return { state: uplink.deliver(sessionId, responseId, body) };
  },
};
