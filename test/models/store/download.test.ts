import { createHash, randomBytes } from "node:crypto";
import { readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { requireDiskSpace, storedBytes } from "../../../server/models/store/download.js";
import { content, DownloadRig, limits } from "../../helpers/download-rig.js";
import { breakOffAfter, etagOf, type FaultyResponse, status } from "../../helpers/file-server.js";

const rig = new DownloadRig();

it("downloads a file, reports progress, and does not request a complete file again", async () => {
  await rig.download();
  await rig.expectComplete();
  expect(rig.progress.at(-1)).toBe(content.length);
  expect(rig.progress.every((received, index) => index === 0 || received >= (rig.progress[index - 1] ?? 0))).toBe(true);
  await rig.download();
  expect(rig.server.requests).toHaveLength(1);
});

it("accepts an MD5 checksum", async () => {
  await rig.download({ checksum: { algorithm: "md5", digest: createHash("md5").update(content).digest("hex") } });
  await rig.expectComplete();
});

it("refuses wrong bytes of the right length, and keeps none of them", async () => {
  rig.server.files.set("weights.bin", randomBytes(content.length));
  await expect(rig.download()).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/checksum/) });
  expect(rig.server.requests).toHaveLength(1);
  expect(await readdir(rig.folder)).toEqual([]);
});

it.each([
  ["more", content.length + 1],
  ["less", content.length - 1],
])("refuses a file before it arrives when the server announces %s bytes than expected", async (_, length) => {
  rig.server.faults.push((_request, response) => {
    response.writeHead(200, { "content-length": length });
    response.write(content.subarray(0, 1000));
  });
  await expect(rig.download()).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: `It has ${length} bytes instead of ${content.length}.`,
  });
  expect(rig.server.requests).toHaveLength(1);
});

describe("names what a server sends in place of the file", () => {
  const page = Buffer.from("<!DOCTYPE html><title>Sign in</title>");
  const pointer = Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 300000\n");
  const padded = Buffer.alloc(content.length, page);

  it.each<[string, FaultyResponse, string]>([
    [
      "a page of a stated length",
      (_request, response) => response.writeHead(200, { "content-length": page.length }).end(page),
      `It has ${page.length} bytes instead of ${content.length}; what arrived is a web page.`,
    ],
    [
      "a pointer of a stated length",
      (_request, response) => response.writeHead(200, { "content-length": pointer.length }).end(pointer),
      `It has ${pointer.length} bytes instead of ${content.length}; what arrived is a Git LFS pointer.`,
    ],
    [
      "a page without a length",
      (_request, response) => response.writeHead(200).end(page),
      `The download server ended after ${page.length} of ${content.length} bytes; what arrived is a web page.`,
    ],
    [
      "a long page without a length",
      (_request, response) => response.writeHead(200).end(Buffer.concat([padded, page])),
      `It has more than ${content.length} bytes; what arrived is a web page.`,
    ],
    [
      "a page of the same length",
      (_request, response) => response.writeHead(200, { "content-length": padded.length }).end(padded),
      "The file that arrived is not the published one (the checksum differs); what arrived is a web page.",
    ],
  ])("%s", async (_, send, message) => {
    rig.server.faults.push(...Array.from({ length: limits.attempts }, () => send));
    await expect(rig.download()).rejects.toMatchObject({ code: "UNAVAILABLE", message });
  });
});

it("stops an endless file without a stated length", async () => {
  rig.server.faults.push((_request, response) => {
    const more = () => response.write(content, () => !response.destroyed && more());
    more();
  });
  await expect(rig.download()).rejects.toMatchObject({ code: "UNAVAILABLE", message: `It has more than ${content.length} bytes.` });
});

describe("a server that sends many useless bytes ends the download", () => {
  const long = randomBytes(3 * 2 ** 20);
  const checksum = { algorithm: "sha256", digest: createHash("sha256").update(long).digest("hex") } as const;
  /** Queues responses that send two of three mebibytes, and answer requests for the rest with `rest`. */
  function queueFaults(rest: FaultyResponse): void {
    rig.server.files.set("weights.bin", long);
    const fault: FaultyResponse = (request, response, bytes) =>
      request.headers.range === undefined ? breakOffAfter(2 ** 21)(request, response, bytes) : rest(request, response, bytes);
    rig.server.faults.push(...Array.from({ length: 30 }, () => fault));
  }
  const downloadLong = () => rig.download({ bytes: long.length, checksum });

  it("when the rest does not match for the second time", async () => {
    queueFaults((request, response, bytes) => {
      const from = Number(/\d+/.exec(request.headers.range ?? "")?.[0]);
      const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
      response.writeHead(206, { etag: etagOf(bytes), "content-range": range }).end(Buffer.alloc(bytes.length - from));
    });
    await expect(downloadLong()).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/checksum/) });
    expect(rig.ranges.filter((range) => range !== null)).toHaveLength(2);
    expect(await readdir(rig.folder)).toEqual([]);
  });

  it.each([
    ["no rest", status(416)],
    ["another part", (_, response, bytes) => response.writeHead(206, { "content-range": `bytes 0-9/${bytes.length}` }).end("0123456789")],
  ] satisfies [string, FaultyResponse][])("when it has %s, after all attempts", async (_, rest) => {
    queueFaults(rest);
    await expect(downloadLong()).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/does not resume/) });
    expect(rig.ranges.filter((range) => range !== null)).toHaveLength(limits.attempts);
  });
});

it("retries when the server fails temporarily", async () => {
  rig.server.faults.push(status(500), status(429));
  await rig.download();
  await rig.expectComplete();
  expect(rig.server.requests).toHaveLength(3);
});

it("gives up after all attempts", async () => {
  rig.server.faults.push(...[500, 502, 503, 500].map((code) => status(code)));
  await expect(rig.download()).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/returns status 503/) });
  expect(rig.server.requests).toHaveLength(3);
});

it("does not retry an error that will not change", async () => {
  await expect(rig.download({ url: rig.server.url("nothing") })).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: expect.stringMatching(/404/),
  });
  expect(rig.server.requests).toHaveLength(1);
});

it("gives up a connection that stalls, and continues over another one", async () => {
  rig.server.faults.push((_request, response) => {
    response.writeHead(200, { etag: etagOf(content), "content-length": content.length });
    response.write(content.subarray(0, 1000));
  });
  // Long enough that the second connection does not count as stalled on a busy machine.
  await rig.download({ limits: { ...limits, stallMs: 1000 } });
  await rig.expectComplete();
  expect(rig.ranges).toEqual([null, "bytes=1000-"]);
});

it("gives up a server that never responds", async () => {
  rig.server.faults.push(...[1, 2, 3].map(() => () => undefined));
  await expect(rig.download({ limits: { ...limits, stallMs: 20 } })).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: "The download server sends nothing.",
  });
});

it("reports a server that cannot be reached", async () => {
  const url = rig.server.url("weights.bin");
  url.port = "1";
  await expect(rig.download({ url })).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/cannot be reached/) });
});

it("follows a few redirects, to http only from http, and refuses others", async () => {
  rig.server.faults.push(status(302, { location: "/weights.bin?once" }));
  rig.server.files.set("weights.bin?once", content);
  await rig.download();
  await rig.expectComplete();
  await rm(rig.target);
  for (const location of ["file:///etc/hostname", "ftp://127.0.0.1/", "http://"]) {
    rig.server.faults.push(status(301, { location }));
    await expect(rig.download()).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringMatching(/redirects to an address that cannot be used/),
    });
  }
  rig.server.faults.push(...Array.from({ length: 10 }, () => status(307, { location: "/weights.bin" })));
  await expect(rig.download()).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: expect.stringMatching(/redirects to an address that cannot be used/),
  });
  expect(rig.server.faults).toHaveLength(4);
});

it("refuses a file that was compressed for the transfer", async () => {
  rig.server.faults.push((_request, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(content));
  await expect(rig.download()).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/gzip/) });
});

it("ends at once when it is cancelled between attempts", async () => {
  const abort = new AbortController();
  rig.server.faults.push((_request, response) => {
    // The wait between attempts cannot be observed; it begins long before these 20 ms are over.
    response.writeHead(500).end(() => setTimeout(() => abort.abort(), 20));
  });
  await expect(rig.download({ signal: abort.signal, limits: { ...limits, backoffMs: 60_000 } })).rejects.toMatchObject({
    name: "AbortError",
  });
});

it("replaces a damaged file of the same name", async () => {
  await writeFile(rig.target, randomBytes(content.length));
  await rig.download();
  await rig.expectComplete();
});

it.skipIf(process.platform !== "linux")("reports a full disk (on Linux, which has a file that is always full)", async () => {
  await symlink("/dev/full", `${rig.target}.partial`);
  await expect(rig.download()).rejects.toMatchObject({ code: "UNAVAILABLE", message: "The server's disk is full." });
  expect(rig.server.requests).toHaveLength(1);
});

it("reports that the file cannot be stored, without its path", async () => {
  const refusal = await rig.download({ path: join(rig.folder, "no", "such", "folder", "weights.bin") }).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ name: "AtelierError", code: "UNAVAILABLE", message: "It could not be stored (ENOENT)." });
});

it("is refused when the disk has too little space", async () => {
  await requireDiskSpace(tmpdir(), 1);
  await expect(requireDiskSpace(tmpdir(), 2 ** 60)).rejects.toMatchObject({
    name: "AtelierError",
    code: "UNAVAILABLE",
    detail: { limit: 2 ** 60 },
  });
});

it("counts the stored bytes of a file, partial or complete", async () => {
  expect(await storedBytes(rig.target)).toBe(0);
  await writeFile(`${rig.target}.partial`, "part");
  expect(await storedBytes(rig.target)).toBe(4);
  await rename(`${rig.target}.partial`, rig.target);
  expect(await storedBytes(rig.target)).toBe(4);
});
