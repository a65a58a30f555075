import { describe, expect, onTestFinished, test } from "vitest";
import type { HostOptions } from "../../server/host/host.js";
import { HostHarness, scriptedDevice, stepsThrough } from "../helpers/host-harness.js";
import { hiddenStderr } from "../helpers/stderr.js";
import { until } from "../helpers/until.js";

async function startHost(options: Partial<HostOptions> = {}): Promise<HostHarness> {
  const harness = await HostHarness.start(options);
  onTestFinished(() => harness.close());
  return harness;
}

describe("when the device process dies", () => {
  test("kill -9 during a session: all its sessions complete, every step stored and published exactly once", async () => {
    const host = await startHost();
    const ids = [await host.paint({ steps: 60, blockMs: 2 }), await host.paint({ steps: 60, blockMs: 2 })];
    await host.frame(ids[1]!, 10);
    const { pid } = host.host.devices()[0]!;
    process.kill(pid!, "SIGKILL");
    for (const id of ids) {
      expect(await host.end(id)).toMatchObject({ status: "COMPLETED", error: null });
      expect(await host.storedSteps(id)).toEqual(stepsThrough(60));
      expect(host.publishedSteps(id)).toEqual(stepsThrough(60));
    }
    expect(host.host.devices()[0]!.pid).not.toBe(pid);
  });

  test("a session without a checkpoint starts over and stores no step twice", async () => {
    const host = await startHost();
    host.storage.checkpoints.put = async () => undefined;
    const id = await host.paint({ steps: 30, blockMs: 2 });
    await host.frame(id, 10);
    process.kill(host.host.devices()[0]!.pid!, "SIGKILL");
    expect((await host.end(id)).status).toBe("COMPLETED");
    expect(host.publishedSteps(id)).toEqual(stepsThrough(30));
  });

  test("a checkpoint of an unknown kind is not used: the session starts over", async () => {
    const host = await startHost();
    const id = await host.paint({ steps: 30, blockMs: 2 });
    await host.frame(id, 10);
    host.storage.checkpoints.get = async () => ({ step: 3, bytes: new TextEncoder().encode("of another version") });
    process.kill(host.host.devices()[0]!.pid!, "SIGKILL");
    expect(await host.end(id)).toMatchObject({ status: "COMPLETED", error: null });
    expect(host.publishedSteps(id)).toEqual(stepsThrough(30));
  });

  test("a checkpoint that is ahead of the stored frames is not used", async () => {
    const host = await startHost();
    const id = await host.prepare({ steps: 5 });
    await host.storage.checkpoints.put(id, 3, new TextEncoder().encode("3"));
    await host.enqueue(id);
    await host.end(id);
    expect(await host.storedSteps(id)).toEqual(stepsThrough(5));
  });

  test("a session that kills the device at the same step fails after three restarts; its neighbour completes", async () => {
    const host = await startHost();
    const [killer, neighbour] = [await host.paint({ steps: 50, crashAt: 5 }), await host.paint({ steps: 50, blockMs: 5 })];
    expect(await host.end(killer)).toMatchObject({ status: "FAILED", step: 4, error: { code: "DEVICE_LOST" } });
    expect(await host.end(neighbour)).toMatchObject({ status: "COMPLETED" });
    expect(await host.storedSteps(neighbour)).toEqual(stepsThrough(50));
    expect(host.publishedSteps(killer)).toEqual(stepsThrough(4));
    expect(host.log.filter((line) => line.includes("died"))).toHaveLength(4);
  });

  test("deaths with progress in between do not count", async () => {
    const host = await startHost();
    // Each life repeats the checkpoint's picture and gives three new ones.
    const id = await host.paint({ steps: 14, crashAfter: 4 });
    expect(await host.end(id)).toMatchObject({ status: "COMPLETED" });
    expect(host.log.filter((line) => line.includes("died")).length).toBeGreaterThanOrEqual(4);
    expect(host.publishedSteps(id)).toEqual(stepsThrough(14));
  });

  test("a hang is noticed and counts as a death", async () => {
    const host = await startHost({ device: { ...scriptedDevice, pingIntervalMs: 20, silence: { floorMs: 500, ceilingMs: 500 } } });
    const [hanging, neighbour] = [await host.paint({ steps: 9, hangAt: 3 }), await host.paint({ steps: 20 })];
    const session = await host.end(hanging);
    expect(session).toMatchObject({ status: "FAILED", error: { code: "DEVICE_LOST", message: expect.stringContaining("hung") } });
    expect((await host.end(neighbour)).status).toBe("COMPLETED");
  });

  test("running out of memory is reported as such", async () => {
    const trace = hiddenStderr();
    const host = await startHost({ device: { ...scriptedDevice, execArgv: ["--max-old-space-size=64"] } });
    expect(await host.end(await host.paint({ steps: 9, exhaustAt: 2 }))).toMatchObject({
      status: "FAILED",
      step: 1,
      error: { code: "OUT_OF_MEMORY" },
    });
    expect(trace()).toContain("JavaScript heap out of memory");
  });

  test("a session can be cancelled while the device restarts", async () => {
    const host = await startHost();
    const id = await host.paint({ steps: 1e6 });
    await host.frame(id, 3);
    process.kill(host.host.devices()[0]!.pid!, "SIGKILL");
    await until(() => !host.host.ready);
    await host.bus.publish(`control:${id}`, { type: "cancel" });
    expect((await host.end(id)).status).toBe("CANCELLED");
    expect((await host.end(await host.paint({ steps: 3 }))).status).toBe("COMPLETED");
  });

  test("a host whose device cannot be opened is not ready and claims nothing", async () => {
    const host = await startHost({ device: { ...scriptedDevice, execArgv: ["--title=refused"] } });
    const id = await host.paint({ steps: 3 });
    await until(() => host.log.length >= 2);
    expect(host.host.ready).toBe(false);
    expect(host.host.devices()).toEqual([]);
    expect(await host.queue.position(id)).toBe(1);
  });
});
