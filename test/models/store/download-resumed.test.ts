import { randomBytes } from "node:crypto";
import { readdir, rm, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { content, DownloadRig } from "../../helpers/download-rig.js";
import { breakOffAfter, etagOf, serve, status } from "../../helpers/file-server.js";

const rig = new DownloadRig();

it("continues where the server broke off, with its entity tag", async () => {
  rig.server.faults.push(breakOffAfter(100_000), breakOffAfter(50_000));
  await rig.download();
  await rig.expectComplete();
  expect(rig.server.requests).toHaveLength(3);
  expect(rig.server.requests[0]).toMatchObject({ range: null, ifRange: null });
  for (const { range, ifRange } of rig.server.requests.slice(1)) {
    expect(Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1])).toBeGreaterThan(0);
    expect(ifRange).toBe(etagOf(content));
  }
});

it("continues from the bytes of an earlier process", async () => {
  rig.server.faults.push(breakOffAfter(100_000), status(404));
  await expect(rig.download()).rejects.toMatchObject({ name: "AtelierError", code: "UNAVAILABLE", message: expect.stringMatching(/404/) });
  expect((await readdir(rig.folder)).sort()).toEqual(["weights.bin.partial", "weights.bin.partial.json"]);
  await rig.download();
  await rig.expectComplete();
  expect(rig.server.requests.at(-1)?.range).toMatch(/^bytes=[1-9]/);
});

it("restarts when the file has changed on the server", async () => {
  rig.server.files.set("weights.bin", Buffer.concat([randomBytes(150_000), content.subarray(150_000)]));
  rig.server.faults.push(breakOffAfter(100_000), (request, response) => {
    rig.server.files.set("weights.bin", content);
    serve(request, response, content);
  });
  await rig.download();
  await rig.expectComplete();
});

it("restarts with a server that ignores ranges", async () => {
  rig.server.faults.push(breakOffAfter(100_000), (_request, response) =>
    response.writeHead(200, { "content-length": content.length }).end(content),
  );
  await rig.download();
  await rig.expectComplete();
});

it("restarts when the server sends a different part than requested", async () => {
  rig.server.faults.push(breakOffAfter(100_000), (_request, response) =>
    response.writeHead(206, { "content-range": `bytes 0-${content.length - 1}/${content.length}` }).end(content),
  );
  await rig.download();
  await rig.expectComplete();
  expect(rig.ranges.at(-1)).toBeNull();
});

it("restarts when the entity tag differs despite If-Range", async () => {
  rig.server.faults.push(breakOffAfter(100_000), (_request, response, bytes) =>
    response
      .writeHead(206, { etag: '"other"', "content-range": `bytes 100000-${bytes.length - 1}/${bytes.length}` })
      .end(randomBytes(bytes.length - 100_000)),
  );
  await rig.download();
  await rig.expectComplete();
});

it("continues with a server that names no version, and downloads the whole file once more when the parts do not fit", async () => {
  const other = randomBytes(content.length);
  rig.server.faults.push((_request, response) => {
    response.writeHead(200, { "content-length": content.length });
    response.write(other.subarray(0, 100_000), () => response.destroy());
  });
  await rig.download();
  await rig.expectComplete();
  expect(rig.ranges).toEqual([null, expect.stringMatching(/^bytes=[1-9]/), null]);
  expect(rig.server.requests[1]?.ifRange).toBeNull();
});

it("requests the rest when a file without a stated length ends early", async () => {
  rig.server.faults.push((_request, response) => response.write(content.subarray(0, 1000), () => response.end()));
  await rig.download();
  await rig.expectComplete();
  expect(rig.ranges).toEqual([null, "bytes=1000-"]);
});

it("continues from a part that was sent in place of the whole file", async () => {
  rig.server.faults.push((_request, response, bytes) => {
    const range = `bytes 0-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(206, { etag: etagOf(bytes), "content-range": range }).end(bytes.subarray(0, 1000));
  });
  await rig.download();
  await rig.expectComplete();
  expect(rig.server.requests[1]).toMatchObject({ range: expect.stringMatching(/^bytes=[1-9]/), ifRange: etagOf(content) });
});

it("ends at once when it is cancelled, and continues from there later", async () => {
  const abort = new AbortController();
  rig.server.faults.push((_request, response) => {
    response.writeHead(200, { etag: etagOf(content), "content-length": content.length });
    response.write(content.subarray(0, 1000));
  });
  const reason = new Error("cancelled");
  const cancelled = rig.download({
    signal: abort.signal,
    progress: (received) => {
      if (received === 1000) abort.abort(reason);
    },
  });
  await expect(cancelled).rejects.toBe(reason);
  await rig.download();
  await rig.expectComplete();
  expect(rig.ranges).toEqual([null, "bytes=1000-"]);
});

it("restarts when the stored bytes came from another address, are too many, or have no recorded origin", async () => {
  const beginnings = [
    { note: JSON.stringify({ url: "http://elsewhere.example/weights.bin", validator: null }), bytes: 1000 },
    { note: JSON.stringify({ url: rig.server.url("weights.bin").href, validator: null }), bytes: content.length + 1 },
    { note: "{", bytes: 1000 },
    { note: null, bytes: 1000 },
  ];
  for (const { note, bytes } of beginnings) {
    await writeFile(`${rig.target}.partial`, randomBytes(bytes));
    if (note !== null) await writeFile(`${rig.target}.partial.json`, note);
    await rig.download();
    await rig.expectComplete();
    await rm(rig.target);
  }
  expect(rig.ranges).toEqual([null, null, null, null]);
});
