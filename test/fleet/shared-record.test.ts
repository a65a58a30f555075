import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { SharedRecord } from "../../server/fleet/shared-record.js";

test("the record of shared models has all copies that were noted at once, also after a restart", async () => {
  const folder = await mkdtemp(join(tmpdir(), "atelier-record-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const record = await SharedRecord.open(folder);
  const copied = (id: string) => ({ file: { sha256: `file of ${id}`, bytes: 1 }, card: { sha256: `card of ${id}`, bytes: 2 } });
  const ids = Array.from({ length: 50 }, (_, index) => `model-${index}`);
  await Promise.all(ids.map((id) => record.setCopy(id, copied(id))));
  await Promise.all(ids.slice(10).map((id) => record.setCopy(id, null)));
  const again = await SharedRecord.open(folder);
  expect([again.member, await record.isThere()]).toEqual([record.member, true]);
  expect(ids.map((id) => again.copyOf(id))).toEqual(ids.map((id, index) => (index < 10 ? copied(id) : null)));
  expect(await readdir(folder)).toEqual([".shared.json"]);
});
