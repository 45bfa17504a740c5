import { createServer } from "node:http";

import { runEmbeddedAgent } from "./runner.mjs";

const server = createServer(async (request, response) => { // $ root=request
  if (request.method !== "POST") {
    response.end("ok\n");
    return;
  }
  try {
    response.end(JSON.stringify(await runEmbeddedAgent(await bodyOf(request))));
  } catch (error) {
    response.writeHead(400).end(JSON.stringify({ error: String(error) }));
  }
});

async function bodyOf(request) {
  let text = "";
  for await (const chunk of request) {
    text += chunk;
  }
  return JSON.parse(text);
}

server.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => { // $ root=warmup
  console.log(`listening on ${server.address().port}`);
});

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
  });
}
