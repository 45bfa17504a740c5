import { fileTransport } from "../logging/file-transport.js";
import { type AgentRun, runEmbeddedAgent } from "./embedded-runner.js";

export interface InboundMessage {
  channel: string;
  chatId: string;
  text: string;
}

/** Turns one inbound message into a run of the main agent and gives back its answer. */
export async function dispatchMessage(message: InboundMessage): Promise<string> { // $ root=message
  const run: AgentRun = {
    agentId: "main",
    sessionId: `${message.channel}:${message.chatId}`,
    prompt: message.text,
  };
  fileTransport.append("message", { channel: message.channel, characters: message.text.length });
  const answer = await runEmbeddedAgent(run);
  fileTransport.append("answer", { channel: message.channel, characters: answer.length });
  return answer;
}
