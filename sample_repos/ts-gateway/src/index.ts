import { startTelegram } from "./channels/telegram.js";
import { config } from "./config.js";
import { startGateway } from "./gateway/server.js";
import { scheduleWarmup } from "./gateway/warmup.js";
import { fileTransport } from "./logging/file-transport.js";

startGateway(config.port);
fileTransport.startRotation();
scheduleWarmup();

const botToken = process.env.TELEGRAM_BOT_TOKEN;
if (botToken) {
  startTelegram(botToken);
}
