import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { unavailable } from "../../../server/errors.js";
import type { Model } from "../../../server/models/model.js";
import { downloadPreferredFeatures } from "../../../server/models/registry.js";
import { readSafetensors } from "../../../server/models/safetensors.js";
import { eventually } from "../../helpers/eventually.js";
import { status } from "../../helpers/file-server.js";
import { featureFields, StoreRig, states } from "../../helpers/store-rig.js";
import { until } from "../../helpers/until.js";

const rig = new StoreRig();

describe("VGG-19 as Keras publishes it", () => {
  it("is AVAILABLE, is downloaded when its file is requested, and is READY then and at the next start", async () => {
    const registry = await rig.openStore();
    expect(await registry.find("vgg19")).toMatchObject({
      state: "AVAILABLE",
      task: "FEATURES",
      bytes: rig.vgg19.bytes,
      downloadProgress: null,
    });
    expect(registry.unusableReason("vgg19")).toBeNull();
    const seen: Model[] = [];
    registry.watch((model) => seen.push(model));
    const { path, card } = await registry.file("vgg19");
    expect(Object.keys(await readSafetensors(path))).toHaveLength(6);
    expect(await readdir(join(rig.downloads, "vgg19"))).toEqual(["card.json", "vgg19.safetensors"]);
    expect(card).toMatchObject({ id: "vgg19", architecture: { family: "vgg19" }, bytes: (await readFile(path)).length });
    expect(seen[0]).toMatchObject({ id: "vgg19", state: "DOWNLOADING", downloadProgress: 0 });
    expect(seen.slice(0, -1).map(({ state }) => state)).toEqual(seen.slice(1).map(() => "DOWNLOADING"));
    expect(seen.at(-1)).toMatchObject({ state: "READY", downloadProgress: null, failure: null });
    expect(seen.length).toBeLessThanOrEqual(103);

    const again = await rig.openStore({ offline: true });
    expect(await states(again)).toEqual({ vgg19: "READY" });
    expect(await again.featureModel(null)).toMatchObject({ id: "vgg19", path });
    expect(rig.server.requests).toHaveLength(1);
  });

  it("is downloaded once for simultaneous requests", async () => {
    const registry = await rig.openStore();
    const files = await Promise.all([
      registry.file("vgg19"),
      registry.featureModel("vgg19"),
      registry.download("vgg19"),
      registry.file("vgg19"),
    ]);
    expect(files[2]).toMatchObject({ state: "DOWNLOADING" });
    expect(rig.server.requests).toHaveLength(1);
    expect((await registry.download("vgg19")).state).toBe("READY");
  });

  it("fails with a reason when it cannot be downloaded, and is downloaded on the next request", async () => {
    const registry = await rig.openStore();
    rig.server.faults.push(status(404));
    const refusal = await registry.file("vgg19").catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: "AtelierError", code: "UNAVAILABLE", detail: { field: "model" } });
    expect(await registry.find("vgg19")).toMatchObject({ state: "FAILED", failure: "The download server returns status 404." });
    expect(registry.unusableReason("vgg19")).toMatch(/404/);
    await expect(registry.file("vgg19")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(rig.server.requests).toHaveLength(1);
    expect((await registry.download("vgg19")).state).toBe("DOWNLOADING");
    expect(await registry.file("vgg19")).toMatchObject({ card: { id: "vgg19" } });
  });

  it("is downloaded when it is needed again after a temporary failure of the network or the server", async () => {
    const registry = await rig.openStore();
    rig.server.faults.push(status(503), status(503));
    await expect(registry.file("vgg19")).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/503/) });
    expect(await registry.find("vgg19")).toMatchObject({ state: "FAILED", failure: "The download server returns status 503." });
    expect([registry.unusableReason("vgg19"), registry.needsDownload("vgg19")]).toEqual([null, true]);
    expect(await registry.file("vgg19")).toMatchObject({ card: { id: "vgg19" } });
    expect(registry.needsDownload("vgg19")).toBe(false);
  });

  it("is refused with another checksum or in another form", async () => {
    const other = await rig.openStore({ vgg19: { ...rig.vgg19, md5: "0".repeat(32) } });
    await expect(other.file("vgg19")).rejects.toThrow(/checksum/);
    const wider = await rig.openStore({ vgg19: { ...rig.vgg19, layers: [{ name: "conv1_1", inputChannels: 3, channels: 64 }] } });
    await expect(wider.file("vgg19")).rejects.toThrow(/another shape/);
    expect(await readdir(join(rig.downloads, "vgg19"))).not.toContain("card.json");
  });

  it("fails without the details of the server's own errors, and logs them", async () => {
    const reported: unknown[] = [];
    await writeFile(join(rig.folder, "file"), "where a folder should be");
    const registry = await rig.openStore({ folder: join(rig.folder, "file"), report: (error) => reported.push(error) });
    const refusal = await registry.file("vgg19").catch((error: unknown) => String(error));
    expect(refusal).toMatch(/could not be stored \(E[A-Z]+\)/);
    expect(refusal).not.toContain(rig.folder);
    expect(reported).toHaveLength(1);
  });

  it("becomes AVAILABLE again when its download is cancelled, refuses waiting requests, and resumes later", async () => {
    const registry = await rig.openStore();
    const begun = new Promise<void>((resolve) => {
      rig.server.faults.push((_request, response, bytes) => {
        response.writeHead(200, { etag: '"1"', "content-length": bytes.length });
        response.write(bytes.subarray(0, 1000), () => resolve());
      });
    });
    const waiting = registry.file("vgg19").catch((error: unknown) => error);
    await begun;
    await until(async () => (await registry.find("vgg19"))?.downloadProgress !== 0);
    expect(await registry.cancelDownload("vgg19")).toMatchObject({ state: "AVAILABLE", downloadProgress: null, failure: null });
    expect(await waiting).toMatchObject({ code: "UNAVAILABLE", message: "The download of the model vgg19 was cancelled." });
    await expect(registry.cancelDownload("vgg19")).rejects.toMatchObject({ code: "CONFLICT", detail: { field: "id" } });
    await registry.file("vgg19");
    expect(rig.server.requests[1]?.range).toBe("bytes=1000-");
  });

  it("continues to download when a waiting request is aborted", async () => {
    const registry = await rig.openStore();
    const leaving = new AbortController();
    const begun = new Promise<void>((resolve) => registry.watch(() => resolve()));
    const left = registry.file("vgg19", leaving.signal);
    await begun;
    const reason = new Error("closing");
    leaving.abort(reason);
    await expect(left).rejects.toBe(reason);
    expect((await registry.find("vgg19"))?.state).toBe("DOWNLOADING");
    await registry.file("vgg19");
    expect(rig.server.requests).toHaveLength(1);
  });

  it("is not downloaded for a request that was aborted before", async () => {
    const registry = await rig.openStore();
    await expect(registry.file("vgg19", AbortSignal.abort(new Error("closing")))).rejects.toThrow("closing");
    expect(await states(registry)).toEqual({ vgg19: "AVAILABLE" });
  });

  it("is neither offered nor downloaded offline, with that as the reason", async () => {
    const registry = await rig.openStore({ offline: true, mirror: rig.server.url("models/") });
    expect(await states(registry)).toEqual({});
    expect(registry.isDownloadable("vgg19")).toBe(false);
    expect(registry.unusableReason("vgg19")).toMatch(/ATELIER_OFFLINE/);
    for (const attempt of [registry.file("vgg19"), registry.featureModel("vgg19"), registry.download("vgg19")]) {
      await expect(attempt).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/ATELIER_OFFLINE/) });
    }
    expect(rig.server.requests).toEqual([]);
  });

  it("is downloaded again when its file is damaged", async () => {
    const { path } = await (await rig.openStore()).file("vgg19");
    const damaged = await readFile(path);
    damaged.writeFloatLE(99, damaged.length - 4);
    await writeFile(path, damaged);
    const registry = await rig.openStore();
    await expect(registry.file("vgg19")).rejects.toThrow(/damaged/);
    const offline = await rig.openStore({ offline: true });
    await expect(offline.file("vgg19")).rejects.toThrow(/damaged/);
    expect([registry, offline].map((one) => one.isDownloadable("vgg19"))).toEqual([true, false]);
    await expect(offline.download("vgg19")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await registry.download("vgg19");
    expect((await registry.file("vgg19")).path).toBe(path);
    await writeFile(path, "short");
    const short = await rig.openStore();
    expect(await states(short)).toEqual({ vgg19: "AVAILABLE" });
    await short.file("vgg19");
  });

  it("comes from a mirror's folder where there is one", async () => {
    const mirror = join(rig.folder, "mirror");
    const weights = rig.addToMirror("vgg19", featureFields);
    await mkdir(join(mirror, "vgg19"), { recursive: true });
    await writeFile(join(mirror, "vgg19", "card.json"), rig.server.files.get("models/vgg19/card.json") ?? "");
    await writeFile(join(mirror, "vgg19", "vgg19.safetensors"), weights);
    const registry = await rig.openStore({}, mirror);
    expect(await states(registry)).toEqual({ vgg19: "READY" });
    await downloadPreferredFeatures(registry, (line) => rig.logged.push(line));
    expect((await registry.file("vgg19")).path).toBe(join(mirror, "vgg19", "vgg19.safetensors"));
    expect([rig.server.requests, rig.logged]).toEqual([[], []]);
  });
});

describe("a folder that models are also dropped into", () => {
  it("tries files that were there before and no downloads, and downloads a bad file again", async () => {
    const tried: string[] = [];
    const dropIns = {
      folder: rig.downloads,
      async tryModel({ id }: { id: string }): Promise<{ parameters: number }> {
        tried.push(id);
        throw unavailable("It returns nonsense.");
      },
      stillMs: 30,
      rescanMs: 30,
      log: (line: string) => rig.logged.push(line),
    };
    const { card } = await (await rig.openStore({}, null, dropIns)).file("vgg19");
    const record = join(rig.downloads, ".tried.json");
    await eventually(async () => expect(JSON.parse(await readFile(record, "utf8")).folders.vgg19.sha256).toBe(card.sha256));
    const again = await rig.openStore({}, null, dropIns);
    expect(await states(again)).toEqual({ vgg19: "READY" });
    await again.close();
    expect(tried).toEqual([]);

    await rm(record);
    const withoutRecord = await rig.openStore({}, null, dropIns);
    await eventually(async () =>
      expect(await withoutRecord.find("vgg19")).toMatchObject({ state: "FAILED", failure: "It returns nonsense." }),
    );
    expect([tried, withoutRecord.unusableReason("vgg19")]).toEqual([["vgg19"], null]);
    expect((await withoutRecord.file("vgg19")).card.sha256).toBe(card.sha256);
    expect(await states(withoutRecord)).toEqual({ vgg19: "READY" });
  });
});

describe("the download in the background", () => {
  it("makes the preferred feature model READY", async () => {
    const registry = await rig.openStore();
    await downloadPreferredFeatures(registry, (line) => rig.logged.push(line));
    expect(await states(registry)).toEqual({ vgg19: "READY" });
    expect(rig.logged).toEqual([expect.stringMatching(/vgg19 was downloaded/)]);
  });

  it("logs one line when there is no network, and ends", async () => {
    const url = new URL(rig.vgg19.url);
    url.port = "1";
    const registry = await rig.openStore({ vgg19: { ...rig.vgg19, url } });
    await downloadPreferredFeatures(registry, (line) => rig.logged.push(line));
    expect(rig.logged).toEqual([
      expect.stringMatching(/^The model vgg19 was not downloaded, so paintings use another one\. .*cannot be reached[^\n]*$/),
    ]);
    expect((await registry.find("vgg19"))?.state).toBe("FAILED");
  });

  it("ends with the registry", async () => {
    const registry = await rig.openStore();
    const begun = new Promise<void>((resolve) => {
      rig.server.faults.push(() => resolve());
    });
    const downloading = downloadPreferredFeatures(registry, (line) => rig.logged.push(line));
    await begun;
    await registry.close();
    await downloading;
    expect((await registry.find("vgg19"))?.state).toBe("AVAILABLE");
  });
});
