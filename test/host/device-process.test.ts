import { fork } from "node:child_process";
import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import type { DeviceMessage } from "../../server/device/messages.js";
import { DeviceProcess, type DeviceProcessOptions } from "../../server/host/device-process.js";
import { scriptedDevice } from "../helpers/host-harness.js";
import { type PainterScript, scriptedWork } from "../helpers/scripted-painters.js";
import { hiddenStderr } from "../helpers/stderr.js";
import { until } from "../helpers/until.js";

/** A device process with its messages; killed when the test is over. */
async function startDevice(options: Partial<DeviceProcessOptions> = {}) {
  const messages: DeviceMessage[] = [];
  const { process, ready } = await DeviceProcess.start({ ...scriptedDevice, ...options }, (message) => messages.push(message));
  onTestFinished(async () => void (await process.kill()));
  const paint = (script: PainterScript) =>
    process.send({ type: "start", sessionId: "a", work: scriptedWork(script), checkpoint: null, storedThrough: -1 });
  return { process, ready, messages, paint };
}

/** Makes a process stop itself after the first beat of its thread. */
const STOP = "process.on('worker', (worker) => worker.once('message', () => process.kill(process.pid, 'SIGSTOP')));";

/** A step may take as long as it likes. */
const unlimited = { floorMs: 3_600_000, ceilingMs: 3_600_000 };

/** Whether a process with this id runs. */
function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("a device process", () => {
  test("reports its engine's description when it is ready, and is gone when killed", async () => {
    const { process, ready } = await startDevice();
    expect(ready).toEqual({
      type: "ready",
      engine: "scripted",
      device: "fake",
      description: "paints by script",
      speed: null,
      memoryBytes: null,
    });
    expect(runs(process.pid!)).toBe(true);
    expect((await process.kill()).reason).toBe("closed");
    expect(runs(process.pid!)).toBe(false);
  });

  test("has what it prints passed on line by line", async () => {
    const lines: string[] = [];
    const prints = "data:text/javascript,console.log('one%5Cntwo');console.error('three');process.stderr.write('four')";
    const { process } = await startDevice({ execArgv: ["--import", prints], output: (line) => lines.push(line) });
    await process.kill();
    await until(() => lines.includes("four"));
    expect(lines.toSorted()).toEqual(["four", "one", "three", "two"]);
  });

  test.skipIf(process.platform === "win32")("goes on when signals reach the whole process group", async () => {
    const { process: device, messages, paint } = await startDevice();
    paint({ steps: 1e6, computeMs: 1 });
    const steps = () => messages.flatMap((message) => (message.type === "frame" ? [message.step] : []));
    await until(() => steps().length > 0);
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.kill(device.pid!, signal);
    const before = steps().length;
    await until(() => {
      device.send({ type: "acknowledge", sessionId: "a", step: steps().at(-1) ?? 0 });
      return steps().length > before + 20;
    });
    expect(runs(device.pid!)).toBe(true);
  });

  test("that cannot open its device reports the reason", async () => {
    await expect(startDevice({ execArgv: ["--title=refused"] })).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: "There is no such device.",
    });
  });

  test("that dies while it starts is reported at once, not after the timeout", async () => {
    await expect(startDevice({ execArgv: ["--title=deadly"], startTimeoutMs: 3_600_000 })).rejects.toMatchObject({
      code: "DEVICE_LOST",
      message: expect.stringContaining("exit code 3"),
    });
  });

  test.skipIf(process.platform === "win32")("that stops while its device is opened is abandoned soon", async () => {
    const lines: string[] = [];
    const execArgv = ["--title=endless", `--import=data:text/javascript,${encodeURIComponent(STOP)}`];
    const options = {
      execArgv,
      pingIntervalMs: 200,
      heartbeatMs: 2000,
      startTimeoutMs: 3_600_000,
      output: (line: string) => lines.push(line),
    };
    await expect(startDevice(options)).rejects.toMatchObject({ code: "DEVICE_LOST", message: expect.stringContaining("SIGKILL") });
    expect(lines).toEqual([]);
  });

  test("that is not ready in time is abandoned", async () => {
    await expect(startDevice({ execArgv: ["--title=endless"], startTimeoutMs: 50 })).rejects.toMatchObject({
      code: "DEVICE_LOST",
      message: "The device process was not ready in time.",
    });
  });

  test("whose script is missing is reported as lost", async () => {
    const entry = new URL("./no-such-device.ts", import.meta.url);
    await expect(startDevice({ entry })).rejects.toMatchObject({ code: "DEVICE_LOST" });
  });

  test("that hangs is killed", async () => {
    const { process, paint } = await startDevice({ pingIntervalMs: 20, silence: { floorMs: 400, ceilingMs: 400 } });
    paint({ steps: 5, hangAt: 1 });
    expect((await process.exited).reason).toBe("hung");
  });

  test("that stops after measured steps is soon killed, although an unmeasured step may take long", async () => {
    const { process: device, messages, paint } = await startDevice({ pingIntervalMs: 20, silence: { floorMs: 600, ceilingMs: 3_600_000 } });
    paint({ steps: 1e6, computeMs: 1 });
    await until(() => messages.some(({ type }) => type === "frame"));
    expect(device.responding).toBe(true);
    process.kill(device.pid!, "SIGSTOP");
    await until(() => !device.responding);
    expect((await device.exited).reason).toBe("hung");
  });

  test("that is stopped before its first step is soon killed too: its heartbeat pauses", async () => {
    const { process: device, paint } = await startDevice({ pingIntervalMs: 200, heartbeatMs: 3000, silence: unlimited });
    paint({ steps: 5, blockMs: 3_600_000 });
    process.kill(device.pid!, "SIGSTOP");
    await until(() => !device.responding);
    expect((await device.exited).reason).toBe("hung");
  });

  test("whose heartbeat continues while a step blocks it is not killed", async () => {
    const { process: device, messages, paint } = await startDevice({ pingIntervalMs: 200, heartbeatMs: 10_000, silence: unlimited });
    paint({ steps: 1, blockMs: 12_000 });
    await until(() => messages.some(({ type }) => type === "finished"));
    expect(device.responding).toBe(true);
  });

  test("that computes for a long time between messages is not killed", async () => {
    const { process, messages, paint } = await startDevice({ pingIntervalMs: 100, silence: { floorMs: 100, ceilingMs: 20_000 } });
    paint({ steps: 1, blockMs: 1000 });
    const exited = process.exited.then(() => "exited");
    const finished = (async () => {
      await until(() => messages.some(({ type }) => type === "finished"));
      return "finished";
    })();
    expect(await Promise.race([exited, finished])).toBe("finished");
  });

  test("that is killed from outside is reported as dead", async () => {
    const { process: device } = await startDevice();
    process.kill(device.pid!, "SIGKILL");
    expect(await device.exited).toEqual({ reason: "died", detail: "SIGKILL" });
  });

  test("that runs out of memory reports that", async () => {
    const trace = hiddenStderr();
    const { process, paint } = await startDevice({ execArgv: ["--max-old-space-size=64"] });
    paint({ steps: 5, exhaustAt: 0 });
    expect((await process.exited).reason).toBe("out of memory");
    expect(trace()).toContain("JavaScript heap out of memory");
  });

  test("delivers every message that was sent before it died", async () => {
    const { process, messages, paint } = await startDevice();
    paint({ steps: 5, crashAt: 1, size: 600 });
    await process.exited;
    expect(messages.map(({ type }) => type)).toEqual(["turn", "frame", "checkpoint", "turn"]);
  });

  test("ends itself when its parent dies, in the middle of a painting", async () => {
    const parent = fork(new URL("../helpers/device-parent.ts", import.meta.url), [], { execArgv: ["--import", "tsx"] });
    const [pid] = (await once(parent, "message")) as [number];
    expect(runs(pid)).toBe(true);
    parent.kill("SIGKILL");
    await until(() => !runs(pid));
  });
});
