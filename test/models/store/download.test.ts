import { createHash, randomBytes } from "node:crypto";
import { readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { content, DownloadRig, limits } from "../../helpers/download-rig.js";
import { breakOffAfter, etagOf, status, type Trick } from "../../helpers/file-server.js";

const rig = new DownloadRig();

it("fetches a file, reports its progress, and does not ask again for what is there", async () => {
  await rig.fetchIt();
  await rig.expectWhole();
  expect(rig.progress.at(-1)).toBe(content.length);
  expect(rig.progress.every((received, index) => index === 0 || received >= (rig.progress[index - 1] ?? 0))).toBe(true);
  await rig.fetchIt();
  expect(rig.server.asked).toHaveLength(1);
});

it("takes an md5 as well", async () => {
  await rig.fetchIt({ checksum: { algorithm: "md5", digest: createHash("md5").update(content).digest("hex") } });
  await rig.expectWhole();
});

it("refuses wrong bytes of the right length, and keeps nothing of them", async () => {
  rig.server.files.set("weights.bin", randomBytes(content.length));
  await expect(rig.fetchIt()).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/checksum/) });
  expect(rig.server.asked).toHaveLength(1);
  expect(await readdir(rig.folder)).toEqual([]);
});

it.each([
  ["more", content.length + 1],
  ["less", content.length - 1],
])("refuses a file that is said to have %s bytes than it should, before it is fetched", async (_, length) => {
  rig.server.tricks.push((_request, response) => {
    response.writeHead(200, { "content-length": length });
    response.write(content.subarray(0, 1000));
  });
  await expect(rig.fetchIt()).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: `It has ${length} bytes instead of ${content.length}.`,
  });
  expect(rig.server.asked).toHaveLength(1);
});

it("stops a file without a length that goes on and on", async () => {
  rig.server.tricks.push((_request, response) => {
    const more = () => response.write(content, () => !response.destroyed && more());
    more();
  });
  await expect(rig.fetchIt()).rejects.toMatchObject({ code: "UNAVAILABLE", message: `It has more than ${content.length} bytes.` });
});

describe("a server that sends much and is of no use ends the download", () => {
  const long = randomBytes(3 * 2 ** 20);
  const checksum = { algorithm: "sha256", digest: createHash("sha256").update(long).digest("hex") } as const;
  /** Sends two of three mebibytes, and what `rest` makes of a request for the rest, for ever. */
  function lineUp(rest: Trick): void {
    rig.server.files.set("weights.bin", long);
    const trick: Trick = (request, response, bytes) =>
      request.headers.range === undefined ? breakOffAfter(2 ** 21)(request, response, bytes) : rest(request, response, bytes);
    rig.server.tricks.push(...Array.from({ length: 30 }, () => trick));
  }
  const fetchLong = () => rig.fetchIt({ bytes: long.length, checksum });

  it("whose rest does not fit, the second time", async () => {
    lineUp((request, response, bytes) => {
      const from = Number(/\d+/.exec(request.headers.range ?? "")?.[0]);
      const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
      response.writeHead(206, { etag: etagOf(bytes), "content-range": range }).end(Buffer.alloc(bytes.length - from));
    });
    await expect(fetchLong()).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/checksum/) });
    expect(rig.ranges.filter((range) => range !== null)).toHaveLength(2);
    expect(await readdir(rig.folder)).toEqual([]);
  });

  it.each([
    ["no rest", status(416)],
    ["another part", (_, response, bytes) => response.writeHead(206, { "content-range": `bytes 0-9/${bytes.length}` }).end("0123456789")],
  ] satisfies [string, Trick][])("that has %s, after its tries", async (_, rest) => {
    lineUp(rest);
    await expect(fetchLong()).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/does not go on/) });
    expect(rig.ranges.filter((range) => range !== null)).toHaveLength(limits.attempts);
  });
});

it("tries again when the server is in trouble for a while", async () => {
  rig.server.tricks.push(status(500), status(429));
  await rig.fetchIt();
  await rig.expectWhole();
  expect(rig.server.asked).toHaveLength(3);
});

it("gives up after its tries", async () => {
  rig.server.tricks.push(...[500, 502, 503, 500].map((code) => status(code)));
  await expect(rig.fetchIt()).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/answers 503/) });
  expect(rig.server.asked).toHaveLength(3);
});

it("does not try again what will not change", async () => {
  await expect(rig.fetchIt({ url: rig.server.url("nothing") })).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: expect.stringMatching(/404/),
  });
  expect(rig.server.asked).toHaveLength(1);
});

it("gives up a connection that stalls, and goes on over another", async () => {
  rig.server.tricks.push((_request, response) => {
    response.writeHead(200, { etag: etagOf(content), "content-length": content.length });
    response.write(content.subarray(0, 1000));
  });
  await rig.fetchIt();
  await rig.expectWhole();
  expect(rig.ranges).toEqual([null, "bytes=1000-"]);
});

it("gives up on a server that never responds", async () => {
  rig.server.tricks.push(...[1, 2, 3].map(() => () => undefined));
  await expect(rig.fetchIt({ limits: { ...limits, stallMs: 20 } })).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: "The server that has it sends nothing.",
  });
});

it("says when no server listens", async () => {
  const url = rig.server.url("weights.bin");
  url.port = "1";
  await expect(rig.fetchIt({ url })).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/cannot be reached/) });
});

it("follows a few redirects, to http only from http, and no others", async () => {
  rig.server.tricks.push(status(302, { location: "/weights.bin?once" }));
  rig.server.files.set("weights.bin?once", content);
  await rig.fetchIt();
  await rig.expectWhole();
  await rm(rig.target);
  for (const location of ["file:///etc/hostname", "ftp://127.0.0.1/", "http://"]) {
    rig.server.tricks.push(status(301, { location }));
    await expect(rig.fetchIt()).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/leads nowhere/) });
  }
  rig.server.tricks.push(...Array.from({ length: 10 }, () => status(307, { location: "/weights.bin" })));
  await expect(rig.fetchIt()).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/leads nowhere/) });
  expect(rig.server.tricks).toHaveLength(4);
});

it("refuses a file that was packed on its way", async () => {
  rig.server.tricks.push((_request, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(content));
  await expect(rig.fetchIt()).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/gzip/) });
});

it("ends at once when it is cancelled between tries", async () => {
  const abort = new AbortController();
  rig.server.tricks.push((_request, response) => {
    // The wait between tries shows nothing outside; it has begun long before these 20 ms are over.
    response.writeHead(500).end(() => setTimeout(() => abort.abort(), 20));
  });
  await expect(rig.fetchIt({ signal: abort.signal, limits: { ...limits, backoffMs: 60_000 } })).rejects.toMatchObject({
    name: "AbortError",
  });
});

it("replaces a file of that name that is damaged", async () => {
  await writeFile(rig.target, randomBytes(content.length));
  await rig.fetchIt();
  await rig.expectWhole();
});

it.skipIf(process.platform !== "linux")("says when the disk is full (on Linux, which has a file that always is)", async () => {
  await symlink("/dev/full", `${rig.target}.partial`);
  await expect(rig.fetchIt()).rejects.toMatchObject({ code: "UNAVAILABLE", message: "The server's disk is full." });
  expect(rig.server.asked).toHaveLength(1);
});

it("says when it cannot be stored, and no path with it", async () => {
  const refusal = await rig.fetchIt({ path: join(rig.folder, "no", "such", "folder", "weights.bin") }).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ name: "AtelierError", code: "UNAVAILABLE", message: "It could not be stored (ENOENT)." });
});
