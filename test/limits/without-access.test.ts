import { afterEach, expect, test } from "vitest";
import type WebSocket from "ws";
import { type LimitName, type LimitValues, limitTable } from "../../server/limits/table.js";
import { appOfFile, startSession } from "../helpers/app.js";
import { closeAll, openSocket, openStream, operate, read, upload } from "./attempts.js";

/** Every limit of owners, links and addresses allows one, except uploads on their way, which are limited for everyone. */
const values = Object.fromEntries(
  (Object.keys(limitTable) as LimitName[])
    .filter((name) => ["OWNER", "LINK", "ADDRESS"].includes(limitTable[name].per) && name !== "uploadsAtOnce")
    .map((name) => [name, 1]),
) as Partial<LimitValues>;
const running = appOfFile({ limits: values });
const TIMES = 3;

const sockets: WebSocket[] = [];
const streams: AbortController[] = [];
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.abort();
  await closeAll(sockets);
});

test("a server without access control has no limits per owner or per address", async () => {
  const { client, address, imageId } = running;
  const attempts: Record<string, () => Promise<unknown>> = {
    operations: () => operate(client, "{ server { version } }"),
    uploads: () => upload(client),
    pictures: () => read(`${address}/images/${imageId}?w=64`, {}),
    sockets: () => openSocket(sockets, client),
    streams: () => openStream(streams, `${address}/live/out/stage.mjpeg`, {}),
    sessions: () => startSession(running).then(() => null),
  };
  for (const [what, attempt] of Object.entries(attempts)) for (let time = 0; time < TIMES; time++) expect(await attempt(), what).toBeNull();
});
