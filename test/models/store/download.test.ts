import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Download, download } from "../../../models/store/download.js";
import { breakOffAfter, etagOf, FileServer, serve, status, type Trick } from "../../helpers/file-server.js";

const content = randomBytes(300_000);
const sha256 = createHash("sha256").update(content).digest("hex");
/** Quick enough for tests; the last wait of a test that gives up is 2 to 3 ms. */
const limits = { stallMs: 300, attempts: 3, backoffMs: 1 };

let server: FileServer;
let folder: string;
let progress: number[];

beforeEach(async () => {
  server = await FileServer.start();
  server.files.set("weights.bin", content);
  folder = await mkdtemp(join(tmpdir(), "atelier-download-"));
  progress = [];
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const target = () => join(folder, "weights.bin");

function fetchIt(changes: Partial<Download> = {}): Promise<void> {
  return download({
    url: server.url("weights.bin"),
    path: target(),
    bytes: content.length,
    checksum: { algorithm: "sha256", digest: sha256 },
    signal: new AbortController().signal,
    progress: (received) => progress.push(received),
    limits,
    ...changes,
  });
}

/** The whole file is there under its name, and nothing else. */
async function expectWhole(): Promise<void> {
  expect(await readdir(folder)).toEqual(["weights.bin"]);
  expect((await readFile(target())).equals(content)).toBe(true);
}

const ranges = () => server.asked.map(({ range }) => range);

it("fetches a file, tells how far it is, and does not ask again for what is there", async () => {
  await fetchIt();
  await expectWhole();
  expect(progress.at(-1)).toBe(content.length);
  expect(progress.every((received, index) => index === 0 || received >= (progress[index - 1] ?? 0))).toBe(true);
  await fetchIt();
  expect(server.asked).toHaveLength(1);
});

it("takes an md5 as well", async () => {
  await fetchIt({ checksum: { algorithm: "md5", digest: createHash("md5").update(content).digest("hex") } });
  await expectWhole();
});

it("goes on where the server broke off, with the entity tag it was given", async () => {
  server.tricks.push(breakOffAfter(100_000), breakOffAfter(50_000));
  await fetchIt();
  await expectWhole();
  expect(server.asked).toHaveLength(3);
  expect(server.asked[0]).toMatchObject({ range: null, ifRange: null });
  for (const { range, ifRange } of server.asked.slice(1)) {
    expect(Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1])).toBeGreaterThan(0);
    expect(ifRange).toBe(etagOf(content));
  }
});

it("goes on from what an earlier process left", async () => {
  server.tricks.push(breakOffAfter(100_000), status(404));
  await expect(fetchIt()).rejects.toMatchObject({ name: "AtelierError", code: "UNAVAILABLE", message: expect.stringMatching(/404/) });
  expect((await readdir(folder)).sort()).toEqual(["weights.bin.partial", "weights.bin.partial.json"]);
  await fetchIt();
  await expectWhole();
  expect(server.asked.at(-1)?.range).toMatch(/^bytes=[1-9]/);
});

it("begins anew when the file has changed on the server since", async () => {
  server.files.set("weights.bin", Buffer.concat([randomBytes(150_000), content.subarray(150_000)]));
  server.tricks.push(breakOffAfter(100_000), (request, response) => {
    server.files.set("weights.bin", content);
    serve(request, response, content);
  });
  await fetchIt();
  await expectWhole();
});

it("begins anew with a server that ignores ranges", async () => {
  server.tricks.push(breakOffAfter(100_000), (_request, response) =>
    response.writeHead(200, { "content-length": content.length }).end(content),
  );
  await fetchIt();
  await expectWhole();
});

it("begins anew when the server sends another part than was asked for", async () => {
  server.tricks.push(breakOffAfter(100_000), (_request, response) =>
    response.writeHead(206, { "content-range": `bytes 0-${content.length - 1}/${content.length}` }).end(content),
  );
  await fetchIt();
  await expectWhole();
  expect(ranges().at(-1)).toBeNull();
});

it("begins anew when an entity tag is another one despite If-Range", async () => {
  server.tricks.push(breakOffAfter(100_000), (_request, response, bytes) =>
    response
      .writeHead(206, { etag: '"other"', "content-range": `bytes 100000-${bytes.length - 1}/${bytes.length}` })
      .end(randomBytes(bytes.length - 100_000)),
  );
  await fetchIt();
  await expectWhole();
});

it("goes on with a server that names no version, and fetches all once more when the parts do not fit", async () => {
  const other = randomBytes(content.length);
  server.tricks.push((_request, response) => {
    response.writeHead(200, { "content-length": content.length });
    response.write(other.subarray(0, 100_000), () => response.destroy());
  });
  await fetchIt();
  await expectWhole();
  expect(ranges()).toEqual([null, expect.stringMatching(/^bytes=[1-9]/), null]);
  expect(server.asked[1]?.ifRange).toBeNull();
});

it("refuses wrong bytes of the right length, and keeps nothing of them", async () => {
  server.files.set("weights.bin", randomBytes(content.length));
  await expect(fetchIt()).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/checksum/) });
  expect(server.asked).toHaveLength(1);
  expect(await readdir(folder)).toEqual([]);
});

it.each([
  ["more", content.length + 1],
  ["less", content.length - 1],
])("refuses a file that is said to have %s bytes than it should, before it is fetched", async (_, length) => {
  server.tricks.push((_request, response) => {
    response.writeHead(200, { "content-length": length });
    response.write(content.subarray(0, 1000));
  });
  await expect(fetchIt()).rejects.toMatchObject({ code: "UNAVAILABLE", message: `It has ${length} bytes instead of ${content.length}.` });
  expect(server.asked).toHaveLength(1);
});

it("stops a file without a length that goes on and on", async () => {
  server.tricks.push((_request, response) => {
    const more = () => response.write(content, () => !response.destroyed && more());
    more();
  });
  await expect(fetchIt()).rejects.toMatchObject({ code: "UNAVAILABLE", message: `It has more than ${content.length} bytes.` });
});

it("asks for the rest when a file without a length ends early", async () => {
  server.tricks.push((_request, response) => response.write(content.subarray(0, 1000), () => response.end()));
  await fetchIt();
  await expectWhole();
  expect(ranges()).toEqual([null, "bytes=1000-"]);
});

describe("a server that sends much and is of no use ends the download", () => {
  const long = randomBytes(3 * 2 ** 20);
  const checksum = { algorithm: "sha256", digest: createHash("sha256").update(long).digest("hex") } as const;
  /** Sends two of three mebibytes, and what `rest` makes of a request for the rest, for ever. */
  function lineUp(rest: Trick): void {
    server.files.set("weights.bin", long);
    const trick: Trick = (request, response, bytes) =>
      request.headers.range === undefined ? breakOffAfter(2 ** 21)(request, response, bytes) : rest(request, response, bytes);
    server.tricks.push(...Array.from({ length: 30 }, () => trick));
  }
  const fetchLong = () => fetchIt({ bytes: long.length, checksum });

  it("whose rest does not fit, the second time", async () => {
    lineUp((request, response, bytes) => {
      const from = Number(/\d+/.exec(request.headers.range ?? "")?.[0]);
      const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
      response.writeHead(206, { etag: etagOf(bytes), "content-range": range }).end(Buffer.alloc(bytes.length - from));
    });
    await expect(fetchLong()).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/checksum/) });
    expect(ranges().filter((range) => range !== null)).toHaveLength(2);
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ["no rest", status(416)],
    ["another part", (_, response, bytes) => response.writeHead(206, { "content-range": `bytes 0-9/${bytes.length}` }).end("0123456789")],
  ] satisfies [string, Trick][])("that has %s, after its tries", async (_, rest) => {
    lineUp(rest);
    await expect(fetchLong()).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/does not go on/) });
    expect(ranges().filter((range) => range !== null)).toHaveLength(limits.attempts);
  });
});

it("goes on from what came as a part, though all was asked for", async () => {
  server.tricks.push((_request, response, bytes) => {
    const range = `bytes 0-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(206, { etag: etagOf(bytes), "content-range": range }).end(bytes.subarray(0, 1000));
  });
  await fetchIt();
  await expectWhole();
  expect(server.asked[1]).toMatchObject({ range: expect.stringMatching(/^bytes=[1-9]/), ifRange: etagOf(content) });
});

it("tries again when the server is in trouble for a while", async () => {
  server.tricks.push(status(500), status(429));
  await fetchIt();
  await expectWhole();
  expect(server.asked).toHaveLength(3);
});

it("gives up after its tries", async () => {
  server.tricks.push(...[500, 502, 503, 500].map((code) => status(code)));
  await expect(fetchIt()).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/answers 503/) });
  expect(server.asked).toHaveLength(3);
});

it("does not try again what will not change", async () => {
  await expect(fetchIt({ url: server.url("nothing") })).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: expect.stringMatching(/404/),
  });
  expect(server.asked).toHaveLength(1);
});

it("gives up a connection that stalls, and goes on over another", async () => {
  server.tricks.push((_request, response) => {
    response.writeHead(200, { etag: etagOf(content), "content-length": content.length });
    response.write(content.subarray(0, 1000));
  });
  await fetchIt();
  await expectWhole();
  expect(ranges()).toEqual([null, "bytes=1000-"]);
});

it("gives up a server that never answers", async () => {
  server.tricks.push(...[1, 2, 3].map(() => () => undefined));
  await expect(fetchIt({ limits: { ...limits, stallMs: 20 } })).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: "The server that has it sends nothing.",
  });
});

it("says when nobody listens", async () => {
  const url = server.url("weights.bin");
  url.port = "1";
  await expect(fetchIt({ url })).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/cannot be reached/) });
});

it("follows a few redirects, to http only from http, and no others", async () => {
  server.tricks.push(status(302, { location: "/weights.bin?once" }));
  server.files.set("weights.bin?once", content);
  await fetchIt();
  await expectWhole();
  await rm(target());
  for (const location of ["file:///etc/hostname", "ftp://127.0.0.1/", "http://"]) {
    server.tricks.push(status(301, { location }));
    await expect(fetchIt()).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/leads nowhere/) });
  }
  server.tricks.push(...Array.from({ length: 10 }, () => status(307, { location: "/weights.bin" })));
  await expect(fetchIt()).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/leads nowhere/) });
  expect(server.tricks).toHaveLength(4);
});

it("refuses a file that was packed on its way", async () => {
  server.tricks.push((_request, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(content));
  await expect(fetchIt()).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/gzip/) });
});

it("ends at once when it is cancelled, and goes on later from there", async () => {
  const abort = new AbortController();
  server.tricks.push((_request, response) => {
    response.writeHead(200, { etag: etagOf(content), "content-length": content.length });
    response.write(content.subarray(0, 1000));
  });
  const reason = new Error("cancelled");
  const cancelled = fetchIt({
    signal: abort.signal,
    progress: (received) => {
      if (received === 1000) abort.abort(reason);
    },
  });
  await expect(cancelled).rejects.toBe(reason);
  await fetchIt();
  await expectWhole();
  expect(ranges()).toEqual([null, "bytes=1000-"]);
});

it("ends at once when it is cancelled between tries", async () => {
  const abort = new AbortController();
  server.tricks.push((_request, response) => {
    response.writeHead(500).end(() => setTimeout(() => abort.abort(), 20));
  });
  await expect(fetchIt({ signal: abort.signal, limits: { ...limits, backoffMs: 60_000 } })).rejects.toMatchObject({ name: "AbortError" });
});

it("begins anew when what is there came from another address, is too long, or has no note of where it came from", async () => {
  const beginnings = [
    { note: JSON.stringify({ url: "http://elsewhere.example/weights.bin", validator: null }), bytes: 1000 },
    { note: JSON.stringify({ url: server.url("weights.bin").href, validator: null }), bytes: content.length + 1 },
    { note: "{", bytes: 1000 },
    { note: null, bytes: 1000 },
  ];
  for (const { note, bytes } of beginnings) {
    await writeFile(`${target()}.partial`, randomBytes(bytes));
    if (note !== null) await writeFile(`${target()}.partial.json`, note);
    await fetchIt();
    await expectWhole();
    await rm(target());
  }
  expect(ranges()).toEqual([null, null, null, null]);
});

it("replaces a file of that name that is damaged", async () => {
  await writeFile(target(), randomBytes(content.length));
  await fetchIt();
  await expectWhole();
});

it.skipIf(process.platform !== "linux")("says when the disk is full (on Linux, which has a file that always is)", async () => {
  await symlink("/dev/full", `${target()}.partial`);
  await expect(fetchIt()).rejects.toMatchObject({ code: "UNAVAILABLE", message: "The server's disk is full." });
  expect(server.asked).toHaveLength(1);
});

it("says when it cannot be stored, and no path with it", async () => {
  const refusal = await fetchIt({ path: join(folder, "no", "such", "folder", "weights.bin") }).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ name: "AtelierError", code: "UNAVAILABLE", message: "It could not be stored (ENOENT)." });
});
