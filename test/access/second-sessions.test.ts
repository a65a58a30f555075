import { beforeAll, describe, expect, test } from "vitest";
import { type Entry, policy, routePolicy } from "../../server/access/policy.js";
import type { StyleTransferRecord } from "../../server/records/session.js";
import { partiesOfFile } from "../helpers/parties.js";

const parties = partiesOfFile();
const painted = { shown: {} as StyleTransferRecord, hidden: {} as StyleTransferRecord };
const START = "mutation ($input: ExportInput!) { startExport(input: $input) { id } }";

beforeAll(async () => {
  const { owner, paint } = parties;
  painted.shown = await paint(owner.ownerId, "PUBLIC");
  painted.hidden = await paint(owner.ownerId, "PRIVATE");
});

/** What is named second is as hidden as what is named first. */
describe("a painting that everyone sees, beside one that is PRIVATE", () => {
  const beside = () => ({ sessionId: painted.shown.id, besideId: painted.hidden.id, format: "GIF", size: 64, maxFrames: 2 });

  test("is filmed by those who see both", async () => {
    const { clients, owner } = parties;
    for (const input of [beside(), { ...beside(), sessionId: painted.hidden.id, besideId: painted.shown.id }]) {
      const refused = async (party: "STRANGER" | "VIEWER" | "ARTIST") => (await clients[party].client.send(START, { input })).errors?.[0];
      expect(await refused("ARTIST")).toMatchObject({ extensions: { code: "NOT_FOUND" } });
      expect(await refused("VIEWER")).toMatchObject({ extensions: { code: "NOT_FOUND" } });
      expect(await refused("STRANGER")).toMatchObject({ extensions: { code: "UNAUTHENTICATED" } });
    }
    for (const { client } of [owner, clients.ADMIN]) expect((await client.send(START, { input: beside() })).errors).toBeUndefined();
  });

  test("is one still for those who see both", async () => {
    const { clients, owner } = parties;
    const path = `/sessions/${painted.shown.id}/export.png?beside=${painted.hidden.id}`;
    const status = async ({ client }: typeof owner) => {
      const response = await fetch(client.address + path, { headers: client.credentials });
      await response.body?.cancel();
      return response.status;
    };
    expect(await status(clients.STRANGER)).toBe(401);
    for (const party of [clients.VIEWER, clients.ARTIST]) expect(await status(party)).toBe(404);
    for (const party of [owner, clients.ADMIN]) expect(await status(party)).toBe(200);
  });

  test("its film is found by those who see both", async () => {
    const { clients, owner } = parties;
    const { id } = (await owner.client.query(START, { input: beside() })).startExport;
    for await (const { data } of owner.client.subscribe("subscription ($id: ID!) { exportChanged(id: $id) { state } }", { id })) {
      if (data.exportChanged.state === "COMPLETED") break;
    }
    const find = "query ($id: ID!, $shown: ID!) { export(id: $id) { id } session(id: $shown) { exports { id } } }";
    const found = async ({ client }: typeof owner) => {
      const { data } = await client.send(find, { id, shown: painted.shown.id });
      const listed = data?.session?.exports.some((film: { id: string }) => film.id === id) ?? false;
      const response = await fetch(`${client.address}/exports/${id}`, { headers: client.credentials });
      await response.body?.cancel();
      return { asked: data?.export?.id === id, listed, status: response.status };
    };
    expect(await found(clients.STRANGER)).toEqual({ asked: false, listed: false, status: 401 });
    for (const party of [clients.VIEWER, clients.ARTIST]) expect(await found(party)).toEqual({ asked: false, listed: false, status: 404 });
    for (const party of [owner, clients.ADMIN]) expect(await found(party)).toEqual({ asked: true, listed: true, status: 200 });
  });
});

test("no row of the policy changes by mistake", () => {
  const line = ([name, { rule, subjects }]: [string, Entry]) =>
    `${name}: ${[rule, ...subjects.map(({ kind, argument }) => `${kind} ${argument}`)].join(", ")}`;
  expect([...Object.entries(policy), ...Object.entries(routePolicy)].map(line)).toMatchInlineSnapshot(`
    [
      "Query.__schema: LIST",
      "Query.__type: LIST",
      "Query.server: OPEN",
      "Query.session: SEE, session id",
      "Query.sessions: LIST",
      "Query.queue: LIST",
      "Query.frame: SEE, session sessionId",
      "Query.image: SEE, image id",
      "Query.images: LIST",
      "Query.export: SEE, export id",
      "Query.model: LIST",
      "Query.models: LIST",
      "Query.links: MAKE",
      "Query.auditLog: ADMINISTER",
      "Query.usage: ADMINISTER",
      "Query.users: ADMINISTER",
      "Mutation.renewAccess: OPEN",
      "Mutation.startStyleTransfer: MAKE",
      "Mutation.startTranslation: MAKE",
      "Mutation.importTrace: MAKE",
      "Mutation.branchSession: MAKE, session sessionId",
      "Mutation.keepFrame: MAKE, session sessionId",
      "Mutation.startExport: MAKE, session input.sessionId, session input.besideId",
      "Mutation.steer: CHANGE, session sessionId",
      "Mutation.pauseSession: CHANGE, session sessionId",
      "Mutation.resumeSession: CHANGE, session sessionId",
      "Mutation.cancelSession: CHANGE, session sessionId",
      "Mutation.endSession: CHANGE, session sessionId",
      "Mutation.renameSession: CHANGE, session sessionId",
      "Mutation.annotateSession: CHANGE, session sessionId",
      "Mutation.extendSession: CHANGE, session sessionId",
      "Mutation.deleteSession: CHANGE, session sessionId",
      "Mutation.setVisibility: CHANGE, session sessionId",
      "Mutation.reviewSession: ADMINISTER, session sessionId",
      "Mutation.shareSession: CHANGE, session sessionId",
      "Mutation.sendFrame: CHANGE, session input.sessionId",
      "Mutation.deleteImage: CHANGE, image id",
      "Mutation.setImageVisibility: CHANGE, image id",
      "Mutation.cancelExport: CHANGE, export id",
      "Mutation.shareOutput: MAKE",
      "Mutation.createLink: ADMINISTER",
      "Mutation.createToken: ADMINISTER",
      "Mutation.setUserAccess: ADMINISTER",
      "Mutation.revokeLink: CHANGE, link id",
      "Mutation.moveInQueue: ADMINISTER, session sessionId",
      "Mutation.downloadModel: ADMINISTER",
      "Mutation.cancelDownload: ADMINISTER",
      "Subscription.session: SEE, session id",
      "Subscription.viewers: SEE, session id",
      "Subscription.exportChanged: SEE, export id",
      "Subscription.sessions: LIST",
      "Subscription.sessionRemovals: LIST",
      "Subscription.models: LIST",
      "Subscription.readiness: LIST",
      "Subscription.liveOutput: LIST",
      "POST /images: MAKE",
      "GET /images/:id: SEE, image id",
      "GET /frames/:sessionId/:step: SEE, session sessionId",
      "GET /sessions/:id/export.:format: SEE, session id, session beside",
      "GET /sessions/:id/trace.json: SEE, session id",
      "GET /sessions/:id/stream.mjpeg: SEE, session id",
      "GET /exports/:id: SEE, export id",
      "GET /live/out/:name.mjpeg: LIST",
      "GET /models/:id/preview: LIST",
      "GET /models/:id/sheet: LIST",
      "GET /schema.graphql: LIST",
      "GET /metrics: ADMINISTER",
    ]
  `);
});
