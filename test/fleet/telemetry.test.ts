import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Collector } from "../helpers/collector.js";
import { Fleet } from "../helpers/fleet.js";
import type { GraphqlClient } from "../helpers/graphql-client.js";
import { pngPicture } from "../helpers/pictures.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { hasRedis } from "../helpers/redis-server.js";
import type { ServerProcess } from "../helpers/server.js";
import { noteSkipped } from "../helpers/skipped.js";
import { until } from "../helpers/until.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

const START = "mutation Begin($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id } }";
const STEER = "mutation ($id: ID!) { steer(sessionId: $id, changes: { beta: 500 }) { id } }";
const END = "mutation ($id: ID!, $steps: Int!) { steer(sessionId: $id, changes: { steps: $steps }) { id } }";
const STATUS = "query ($id: ID!) { session(id: $id) { status step: latestFrame { step } } }";

describe.skipIf(postgresPrograms === null || !hasRedis())("Spans of an API server and workers", () => {
  let fleet: Fleet;
  let collector: Collector;
  let api: { process: ServerProcess; client: GraphqlClient };
  let worker: ServerProcess;
  let images: { contentId: string; styles: { imageId: string }[] };

  const startWorker = async () => (await fleet.worker({ ...collector.variables, OTEL_SERVICE_NAME: "painters" })).process;
  const start = async (steps: number) => {
    const input = { ...images, size: 64, steps, model: "vgg19-lite", title: "hush-hush" };
    return (await api.client.query(START, { input })).startStyleTransfer.id as string;
  };
  const isCompleted = async (id: string) => (await api.client.query(STATUS, { id })).session.status === "COMPLETED";

  beforeAll(async () => {
    [fleet, collector] = await Promise.all([Fleet.start(), Collector.start()]);
    [api, worker] = await Promise.all([fleet.api(collector.variables), startWorker()]);
    const imageId = await api.client.upload((await pngPicture(64, 64, 1)).bytes);
    images = { contentId: imageId, styles: [{ imageId }] };
  });
  afterAll(async () => {
    await fleet?.close();
    await collector?.close();
  });

  it("are one trace from the mutation to the last frame, also when a second worker takes over", async () => {
    const id = await start(5000);
    await until(() => collector.named("session.checkpoint").length > 0);
    const other = "0af7651916cd43dd8448eb211c80319c";
    expect(await api.client.send(STEER, { id }, { traceparent: `00-${other}-b7ad6b7169203331-01` })).not.toHaveProperty("errors");
    const doomed = worker;
    await doomed.end("SIGKILL");
    const heir = await startWorker();
    const again = "1af7651916cd43dd8448eb211c80319c";
    await until(() => collector.named("session.claim").length === 2);
    const stepOf = async (): Promise<number> => (await api.client.query(STATUS, { id })).session.step.step;
    const taken = await stepOf();
    await until(async () => (await stepOf()) > taken + 60);
    const parent = { traceparent: `00-${again}-b7ad6b7169203331-01` };
    expect(await api.client.send(STEER, { id }, parent)).not.toHaveProperty("errors");
    // It may have painted more until the request arrives.
    await until(async () => !("errors" in (await api.client.send(END, { id, steps: (await stepOf()) + 20 }, parent))));
    await until(() => isCompleted(id));
    const last = await stepOf();
    await until(() => collector.named("session.paint").length > 0);
    worker = heir;

    const [mutation] = collector.named("mutation startStyleTransfer");
    expect(mutation?.attributes).toMatchObject({ "graphql.operation.name": "Begin", "graphql.operation.type": "mutation" });
    expect(mutation?.process).toMatchObject({ "service.name": "atelier", "process.pid": api.process.pid, "atelier.role": "api" });
    const ofSession = collector.spans.filter(
      ({ name, attributes }) => name.startsWith("session.") && attributes["atelier.session.id"] === id,
    );
    expect(new Set(ofSession.map(({ traceId }) => traceId))).toEqual(new Set([mutation?.traceId]));
    const pidsOf = (name: string) => new Set(ofSession.filter((span) => span.name === name).map(({ process }) => process["process.pid"]));
    const [first, second] = [doomed.pid, heir.pid];
    for (const name of ["session.claim", "session.prepare", "session.first_step"]) expect(pidsOf(name)).toEqual(new Set([first, second]));
    expect(pidsOf("session.wait")).toEqual(new Set([first]));
    const claims = ofSession
      .filter(({ name }) => name === "session.claim")
      .map(({ attributes }) => attributes["atelier.session.takeovers"]);
    expect(claims).toEqual([0, 1]);
    expect(ofSession.every(({ process }) => process["service.name"] === "painters")).toBe(true);

    const [paint] = ofSession.filter(({ name }) => name === "session.paint");
    expect(paint?.parentSpanId).toBe(mutation?.spanId);
    const kind = { "atelier.session.kind": "STYLE_TRANSFER", "atelier.model": "vgg19-lite", "atelier.size": 64, "atelier.device": "cpu" };
    expect(paint?.attributes).toMatchObject({ ...kind, "atelier.to_step": last, "atelier.ended": "COMPLETED" });
    expect(paint?.events).toEqual(expect.arrayContaining(["sent to a device", "steer requested", "change in force"]));
    expect(paint?.links).toContain(again);
    // The mutation that steers has the trace of its client, and a link to that of the session.
    const steers = collector.named("mutation steer");
    expect(steers.map(({ traceId }) => traceId)).toEqual(expect.arrayContaining([other, again]));
    expect(steers[0]?.links).toEqual([mutation?.traceId]);
    // A span stands for at most fifty steps, and the steps of the heir's spans are all of them.
    const ranges = ofSession
      .filter(({ name, process }) => ["session.first_step", "session.steps"].includes(name) && process["process.pid"] === second)
      .map(({ attributes }) => [Number(attributes["atelier.from_step"]), Number(attributes["atelier.to_step"])] as const)
      .sort(([one], [other]) => one - other);
    expect(ranges.map(([from]) => from)).toEqual([
      Number(paint?.attributes["atelier.from_step"]),
      ...ranges.slice(0, -1).map(([, to]) => to + 1),
    ]);
    expect(ranges.at(-1)?.[1]).toBe(last);
    expect(Math.max(...ranges.map(([from, to]) => to - from + 1))).toBeLessThanOrEqual(50);
    expect(collector.text).not.toMatch(/hush-hush|postgres:/);
  });

  it("show that a worker which is stopped hands its painting over, and did not die", async () => {
    const id = await start(5000);
    await until(async () => ((await api.client.query(STATUS, { id })).session.step?.step ?? -1) > 0);
    const leaving = worker;
    worker = await startWorker();
    expect(await leaving.end("SIGTERM")).toBe(0);
    const ofSession = (name: string) => collector.named(name).filter(({ attributes }) => attributes["atelier.session.id"] === id);
    await until(() => ofSession("session.paint").length > 0 && ofSession("session.claim").length === 2);
    const [paint] = ofSession("session.paint");
    expect([paint?.attributes["atelier.ended"], paint?.process["process.pid"]]).toEqual(["INTERRUPTED", leaving.pid]);
    expect(ofSession("session.claim").map(({ attributes }) => attributes["atelier.session.takeovers"])).toEqual([0, 0]);
    await api.client.query("mutation ($id: ID!) { cancelSession(sessionId: $id) { id } }", { id });
  });

  it("are lost without harm while no collector can be reached", async () => {
    await collector.close();
    const id = await start(5);
    await until(() => isCompleted(id));
    const warnings = () => [api.process, worker].map(({ output }) => output.match(/WARN {2}Spans cannot be sent to 127/g)?.length ?? 0);
    await until(() => warnings().every((count) => count > 0));
    await api.client.query(STATUS, { id });
    expect(warnings()).toEqual([1, 1]);
    expect(await worker.end("SIGTERM")).toBe(0);
  });
});
