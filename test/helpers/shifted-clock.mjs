/**
 * Loaded into a process before its program, this shifts the clock by as many milliseconds as the file CLOCK_FILE says. The
 * file is read again and again; a file named after it and the process says which shift is in force. Timers are not shifted,
 * as they are not when a clock is set.
 */
import { readFileSync, writeFileSync } from "node:fs";

const READ_MS = 20;
const file = process.env.CLOCK_FILE ?? "";
const RealDate = Date;
let shift = 0;
let shown = "";

const now = () => RealDate.now() + shift;

globalThis.Date = new Proxy(RealDate, {
  apply: () => new RealDate(now()).toString(),
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  get: (target, name, receiver) => (name === "now" ? now : Reflect.get(target, name, receiver)),
});

function read() {
  const text = readFileSync(file, "utf8");
  if (text === shown || text === "") return;
  shift = Number(text);
  shown = text;
  writeFileSync(`${file}.${process.pid}`, text);
}

read();
setInterval(read, READ_MS).unref();
