import { readFileSync } from "node:fs";
import { join } from "node:path";

import { type RawData, type WebSocket, WebSocketServer } from "ws";

import { config } from "../config.js";
import { fileTransport } from "../logging/file-transport.js";
import { rpcMethods } from "./methods.js";

interface Frame {
  id: string;
  method: string;
  params?: Record<string, string>;
}

/** Listen on `port`: one JSON frame per call, one per answer. */
export function startGateway(port: number): WebSocketServer {
  const server = new WebSocketServer({ port });
  server.on("connection", (socket) => { // $ root=lifecycle
    const path = join(config.stateDir, "banner.txt");
    const banner = readFileSync(path, "utf8"); // $ sink=blocking.filesystem finding=note:filesystem
    socket.send(JSON.stringify({ banner }));
    socket.on("message", (data) => { // $ root=message
      void answerFrame(socket, data);
    });
    socket.on("close", (code) => { // $ root=lifecycle
      fileTransport.append("closed", { code });
    });
  });
  return server;
}

async function answerFrame(socket: WebSocket, data: RawData): Promise<void> {
  const frame: Frame = JSON.parse(data.toString());
  const method = rpcMethods[frame.method];
  if (!method) {
    socket.send(JSON.stringify({ id: frame.id, error: "unknown method" }));
    return;
  }
  try {
    socket.send(JSON.stringify({ id: frame.id, result: await method(frame.params ?? {}) })); // $ sink=pending-send finding=warning:auth
  } catch (error) {
    fileTransport.append("failed", { method: frame.method });
    socket.send(JSON.stringify({ id: frame.id, error: String(error) }));
  }
}
