import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Bot } from "grammy";

import { dispatchMessage } from "../agents/dispatch.js";
import { config } from "../config.js";
import { createProviderAuthChecker } from "../models/provider-auth.js";

/** Feed a Telegram bot's messages to the main agent. */
export function startTelegram(botToken: string): void {
  const bot = new Bot(botToken);

  bot.command("models", async (ctx) => { // $ root=message
    const hasAuth = createProviderAuthChecker("main");
    const names = config.providers.map((provider) => provider.id).filter((id) => hasAuth(id));
    await ctx.reply(names.join("\n"));
  });

  bot.command("mute", async (ctx) => { // $ root=message
    muteChat(String(ctx.chat.id));
    await ctx.reply("muted");
  });

  bot.on("message:text", async (ctx) => { // $ root=message
    const chatId = String(ctx.chat.id);
    if (isMuted(chatId)) {
      return;
    }
    await ctx.reply(await dispatchMessage({ channel: "telegram", chatId, text: ctx.message.text }));
  });

  void bot.start();
}

function muteMarker(chatId: string): string {
  return join(config.stateDir, "muted", chatId);
}

function muteChat(chatId: string): void {
  writeFileSync(muteMarker(chatId), chatId); // $ sink=blocking.filesystem finding=warning:filesystem
}

function isMuted(chatId: string): boolean {
  return existsSync(muteMarker(chatId)); // $ sink=blocking.filesystem finding=note:filesystem
}
