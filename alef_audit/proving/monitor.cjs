// Loaded into a Node process in front of the program (`--require`): measures how long the event loop is held, and which
// synchronous calls of Node's library hold it. Writes what it measured to the file that ALEF_AUDIT_PROOF names, once a
// second and at the end. Child processes and workers are left alone; what only starts a program (npm, tsx, nodemon) hands
// the monitor on to it.
"use strict";
const { isMainThread } = require("node:worker_threads");
const file = process.env.ALEF_AUDIT_PROOF;

const LAUNCHER =
  /(?:^|[\\/])(?:(?:npm|npx)(?:-cli\.js)?|(?:pnpm|pnpx|yarn|yarnpkg|corepack|nodemon)(?:\.c?js)?|tsx(?:[\\/]dist[\\/]cli\.[cm]js)?)$/;

if (file && isMainThread && !LAUNCHER.test(process.argv[1] || "")) start();

function start() {
  restoreEnvironment();
  const fs = require("node:fs");
  const path = require("node:path");
  const { findSourceMap } = require("node:module");
  const { performance, monitorEventLoopDelay } = require("node:perf_hooks");
  // the program may replace them, and they are about to be wrapped
  const { writeFileSync, renameSync } = fs;
  const now = performance.now.bind(performance);
  const INTERVAL = 100; // ms between two ticks of the probe
  const MOST = 2000; // different stacks
  const began = now();
  const before = performance.eventLoopUtilization();
  const histogram = monitorEventLoopDelay({ resolution: 10 });
  const stacks = new Map();
  let inside = false;
  let worst = 0;
  let late = 0;
  let ticks = 0;

  function record(name, ms) {
    const limit = Error.stackTraceLimit;
    const prepare = Error.prepareStackTrace;
    Error.stackTraceLimit = 60;
    Error.prepareStackTrace = (_, sites) => sites;
    const sites = new Error("stack").stack;
    Error.prepareStackTrace = prepare;
    Error.stackTraceLimit = limit;
    if (!Array.isArray(sites)) return;
    const frames = sites
      .filter((site) => site.getFileName() && site.getFileName() !== __filename)
      .map((site) => ({
        function: site.getFunctionName() || "",
        file: site.getFileName(),
        line: site.getLineNumber() || 0,
        column: site.getColumnNumber() || 0,
      }));
    const key = name + JSON.stringify(frames);
    const known = stacks.get(key);
    if (known) {
      known.ms += ms;
      known.count += 1;
    } else if (stacks.size < MOST) {
      stacks.set(key, { blocking: name, ms, count: 1, frames: frames.map(mapped) });
    }
  }

  // Where a loader compiles the program in memory, only Node knows from what.
  function mapped(frame) {
    try {
      const entry = findSourceMap(frame.file)?.findEntry(frame.line - 1, frame.column - 1);
      if (!entry?.originalSource) return frame;
      const { originalSource, originalLine, originalColumn } = entry;
      return { ...frame, file: originalSource, line: originalLine + 1, column: originalColumn + 1 };
    } catch {
      return frame; // a map that cannot be read
    }
  }

  function wrap(owner, name) {
    const original = owner[name];
    if (typeof original !== "function") return;
    const wrapped = function (...rest) {
      if (inside) return Reflect.apply(original, this, rest);
      inside = true;
      const from = now();
      try {
        return new.target ? Reflect.construct(original, rest) : Reflect.apply(original, this, rest);
      } finally {
        inside = false;
        record(name, now() - from);
      }
    };
    for (const key of Reflect.ownKeys(original)) {
      try {
        Object.defineProperty(wrapped, key, Object.getOwnPropertyDescriptor(original, key));
      } catch {
        // `length`, `name` and `prototype` of some functions are fixed
      }
    }
    try {
      owner[name] = wrapped;
    } catch {
      // read-only
    }
  }

  for (const module of ["fs", "child_process", "crypto", "zlib", "dns"]) {
    const owner = require("node:" + module);
    for (const name of Object.keys(owner)) if (name.endsWith("Sync")) wrap(owner, name);
  }
  require("node:module").syncBuiltinESMExports();

  function write(done) {
    inside = true;
    try {
      const utilisation = performance.eventLoopUtilization(before);
      const proof = {
        schema: "alef-audit/proof/v1",
        runtime: "node",
        version: process.versions.node,
        directory: process.cwd(),
        script: process.argv[1] ? path.resolve(process.argv[1]) : "",
        done,
        seconds: (now() - began) / 1000,
        probe: { interval_ms: INTERVAL, ticks, late, worst_ms: Math.max(worst, pending()) },
        delay: { max_ms: histogram.max / 1e6 || 0, p99_ms: histogram.percentile(99) / 1e6 || 0 },
        utilisation: utilisation.utilization,
        stacks: [...stacks.values()],
      };
      writeFileSync(file + ".tmp", JSON.stringify(proof));
      renameSync(file + ".tmp", file);
    } catch {
      // the program goes on without a proof
    } finally {
      inside = false;
    }
  }

  let due = now() + INTERVAL;
  let written = now();

  // How long the tick that is due now has taken so far.
  function pending() {
    return ticks ? now() - due + INTERVAL : 0;
  }

  function tick() {
    const took = now() - due + INTERVAL;
    if (ticks) {
      worst = Math.max(worst, took);
      if (took > 2 * INTERVAL) late += 1;
    }
    ticks += 1;
    if (now() - written > 1000) {
      written = now();
      write(false);
    }
    due = now() + INTERVAL;
    setTimeout(tick, INTERVAL).unref();
  }

  setTimeout(tick, INTERVAL).unref();
  histogram.enable();
  process.on("exit", () => write(true));
}

function restoreEnvironment() {
  const options = process.env.ALEF_AUDIT_NODE_OPTIONS;
  if (options) process.env.NODE_OPTIONS = options;
  else delete process.env.NODE_OPTIONS;
  delete process.env.ALEF_AUDIT_NODE_OPTIONS;
  delete process.env.ALEF_AUDIT_PROOF;
  const paths = process.env.ALEF_AUDIT_PYTHONPATH;
  if (paths) process.env.PYTHONPATH = paths;
  else delete process.env.PYTHONPATH;
  delete process.env.ALEF_AUDIT_PYTHONPATH;
}
