import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, test, vi } from "vitest";
import { openFolderObjects } from "../../server/storage/remote/folder-objects.js";
import type { ObjectStore } from "../../server/storage/remote/objects.js";
import { parseObjectsAddress } from "../../server/storage/remote/objects-address.js";
import { type S3Limits, s3Objects } from "../../server/storage/remote/s3-objects.js";
import { objectsContract } from "../contracts/objects.js";
import { type S3Server, s3Variables, startS3 } from "../helpers/s3-server.js";

let root: string;
let s3: S3Server;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "atelier-objects-"));
  s3 = await startS3();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await s3.close();
  await rm(root, { recursive: true, force: true });
});

/** A client of a store that the variables of AWS name. */
function s3With(variables: Record<string, string>, prefix: string, { bucket = s3.bucket, ...limits }: S3Limits & { bucket?: string } = {}) {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  return s3Objects({ bucket, prefix }, limits);
}

/** Port of a server that ends with the test. */
async function serving(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

/** Ends the connection in the middle of an answer. */
function breakOff(response: ServerResponse): void {
  response.writeHead(200, { "content-length": 9 }).write("x", () => response.destroy());
}

const everyCall = (objects: ObjectStore) => [
  () => objects.put("key", Uint8Array.of(1)),
  () => objects.get("key"),
  () => objects.size("key"),
  () => objects.delete(["key"]),
];

objectsContract("A shared folder", async () => openFolderObjects(await mkdtemp(join(root, "shared-"))));
objectsContract("S3", async () => s3With(s3.variables, "some/prefix"));
objectsContract("S3 without a prefix", async () => s3With(s3.variables, ""));

describe("S3", () => {
  it("is unavailable with the reason when every answer breaks off", async () => {
    let requests = 0;
    const port = await serving((_request, response) => {
      requests++;
      breakOff(response);
    });
    const objects = s3With(s3Variables(port), "", { requestMs: 60_000, attempts: 3 });
    await expect(objects.get("key")).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringContaining("ECONNRESET") });
    expect(requests).toBe(3);
    await objects.close();
  });

  it("keeps the objects of one prefix apart from those of another", async () => {
    const [one, other] = [s3With(s3.variables, "one"), s3With(s3.variables, "other")];
    await one.put("key", Uint8Array.of(1));
    expect(await other.get("key")).toBeNull();
    await other.delete(["key"]);
    expect(await one.get("key")).toEqual(Buffer.of(1));
  });

  it.each<[string, () => Promise<Record<string, string>>, RegExp, (S3Limits & { bucket?: string })?]>([
    ["is away", async () => s3Variables(1), /ECONNREFUSED/],
    ["never answers", async () => s3Variables(await serving(() => undefined)), /did not answer within 0.2 seconds/],
    [
      "stops in the middle of an answer",
      async () => s3Variables(await serving((_, response) => void response.writeHead(200, { "content-length": 9 }).write("x"))),
      /did not answer within 0.2 seconds/,
    ],
    ["fails", async () => s3Variables(await serving((_, response) => void response.writeHead(500).end())), /cannot be used/],
    ["has no such bucket", async () => s3.variables, /NoSuchBucket/, { bucket: "another-bucket" }],
  ])("is unavailable when it %s", async (_, variables, message, more) => {
    const objects = s3With(await variables(), "", { attempts: 1, requestMs: message.source.includes("0.2") ? 200 : 10_000, ...more });
    for (const call of everyCall(objects).slice(0, 2)) {
      await expect(call()).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(message) });
    }
    await objects.close();
  });
});

test.each<[string, (response: ServerResponse) => void]>([
  ["gives no answer", () => undefined],
  ["falls silent in the middle of one", (response) => void response.writeHead(200, { "content-length": 9 }).write("x")],
  ["breaks off in the middle of one", breakOff],
])("S3 is asked for an object again on another connection when one %s", async (_, fail) => {
  let requests = 0;
  const port = await serving((_request, response) => (++requests === 1 ? fail(response) : response.end("whole")));
  // Attempts of a second each, as many as a busy machine may need.
  const objects = s3With(s3Variables(port), "", { requestMs: 60_000, attempts: 60 });
  expect(String(await objects.get("key"))).toBe("whole");
  expect(requests).toBeGreaterThan(1);
  await objects.close();
});

test("S3 is asked again when it finds the time of a request wrong, because the clock was set", async () => {
  const statuses = [403, 200];
  const port = await serving((request, response) => {
    request.resume();
    const skewed = "<Error><Code>RequestTimeTooSkewed</Code><ServerTime>2026-01-01T00:00:00Z</ServerTime></Error>";
    const status = statuses.shift() ?? 500;
    response.writeHead(status, { date: new Date().toUTCString() }).end(status === 403 ? skewed : "");
  });
  const objects = s3With(s3Variables(port), "", { attempts: 1 });
  await objects.put("key", Uint8Array.of(1));
  expect(statuses).toEqual([]);
  await objects.close();
});

describe("a shared folder", () => {
  it("must exist, for it may be a disk that is not mounted", async () => {
    await expect(openFolderObjects(join(root, "missing"))).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  it("is unavailable once it is gone", async () => {
    const folder = await mkdtemp(join(root, "gone-"));
    const objects = await openFolderObjects(folder);
    await rm(folder, { recursive: true });
    for (const call of everyCall(objects)) await expect(call()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await expect(objects.free()).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  it("is unavailable while an object cannot be read", async () => {
    const folder = await mkdtemp(join(root, "unreadable-"));
    const objects = await openFolderObjects(folder);
    await mkdir(join(folder, "key"));
    await expect(objects.get("key")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  it("keeps the drafts of other servers, and deletes those that a killed one left behind", async () => {
    const folder = await mkdtemp(join(root, "drafts-"));
    await mkdir(join(folder, "drafts"));
    for (const name of ["young", "old"]) await writeFile(join(folder, "drafts", name), "draft");
    await utimes(join(folder, "drafts", "old"), new Date(0), new Date(0));
    await openFolderObjects(folder);
    expect(await readdir(join(folder, "drafts"))).toEqual(["young"]);
  });
});

test("the address of a store is an absolute path, or a bucket with or without a prefix", () => {
  expect(parseObjectsAddress("/mnt/atelier")).toEqual({ kind: "folder", folder: "/mnt/atelier" });
  expect(parseObjectsAddress("s3://my.bucket-1")).toEqual({ kind: "s3", bucket: "my.bucket-1", prefix: "" });
  expect(parseObjectsAddress("s3://bucket/")).toEqual({ kind: "s3", bucket: "bucket", prefix: "" });
  expect(parseObjectsAddress("s3://bucket/a/b_c/")).toEqual({ kind: "s3", bucket: "bucket", prefix: "a/b_c" });
});

test.each([
  "",
  "blobs",
  "./blobs",
  "https://host/bucket",
  "s3://",
  "s3://B",
  "s3://Bucket",
  "s3://bucket//a",
  "s3://bucket/a//b",
  "s3://bucket/../a",
  "s3://bucket/a?b",
])("the address %j is refused", (address) => {
  expect(() => parseObjectsAddress(address)).toThrow(RangeError);
});
