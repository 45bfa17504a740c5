import asyncio
import json
import os
import signal

from gateway.runner import run_embedded_agent


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:  # $ root=message
    async for line in reader:
        run = json.loads(line)
        writer.write(json.dumps(await run_embedded_agent(run)).encode() + b"\n")
        await writer.drain()
    writer.close()


async def serve() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = await asyncio.start_server(answer, "127.0.0.1", int(os.environ.get("PORT", "8080")))
    print(f"listening on {server.sockets[0].getsockname()[1]}", flush=True)
    await stop.wait()
    server.close()


asyncio.run(serve())
