import { WebSocketServer } from "ws";

import { config } from "./config.js";
import { append } from "./log.js";
import { type AgentRun, runEmbeddedAgent } from "./runner.js";

const server = new WebSocketServer({ port: config.port });

server.on("connection", (socket) => { // $ root=lifecycle
  socket.on("message", async (data) => { // $ root=message
    const run: AgentRun = JSON.parse(data.toString());
    await append(`run ${run.sessionId}`);
    socket.send(await runEmbeddedAgent(run));
  });
});
