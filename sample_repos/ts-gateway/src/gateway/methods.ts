import { dispatchMessage } from "../agents/dispatch.js";
import { fixedMethods } from "../fixed/methods.js";
import { listTranscripts } from "../history/transcripts.js";
import { listUsableModels } from "../models/provider-auth.js";

export type RpcParams = Record<string, string>;
export type RpcMethod = (params: RpcParams) => unknown;
export type RpcTable = Record<string, RpcMethod>;

const coreMethods: RpcTable = {
  "models.list": () => ({ models: listUsableModels() }), // $ root=rpc
  "sessions.list": (params) => listTranscripts(params.agentId ?? "main"), // $ root=rpc
  "agent.run": async (params) => { // $ root=rpc
    const text = params.text ?? "";
    return { answer: await dispatchMessage({ channel: "rpc", chatId: params.chatId ?? "0", text }) };
  },
};

export const rpcMethods: RpcTable = { ...coreMethods, ...fixedMethods };
