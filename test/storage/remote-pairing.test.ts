import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRemoteDatabase } from "../../server/storage/remote/database.js";
import { installation } from "../../server/storage/sql/schema.js";
import { anImage } from "../contracts/records.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { type RemoteRig, type SharedPlace, startRemoteRig } from "../helpers/remote-storage.js";
import { noteSkipped } from "../helpers/skipped.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

describe.skipIf(postgresPrograms === null)("a database and a store", () => {
  let rig: RemoteRig;
  beforeAll(async () => {
    rig = await startRemoteRig();
  });
  afterAll(() => rig.close());

  /** Starts a server and stops it. */
  async function use(place: SharedPlace): Promise<void> {
    await (await rig.open(place)).close();
  }

  /** A place that a server has used, with a picture. */
  async function usedPlace(): Promise<SharedPlace> {
    const place = await rig.newPlace();
    const storage = await rig.open(place);
    await storage.images.insert(anImage({ digest: await storage.blobs.put(Uint8Array.of(1, 2, 3)) }));
    await storage.close();
    return place;
  }

  const emptyFolder = ({ folder }: SharedPlace) => mkdtemp(join(folder, "..", "empty-"));
  const fileOf = ({ folder }: SharedPlace) => join(folder, "atelier-id");
  const idOf = (place: SharedPlace) => readFile(fileOf(place), "utf8");

  async function forgetRow(place: SharedPlace): Promise<void> {
    const { database, close } = await openRemoteDatabase(place.databaseUrl);
    await database.delete(installation);
    await close();
  }

  const refused = { code: "CONFLICT", message: expect.stringMatching(/DATABASE_URL and ATELIER_BLOBS do not belong together/) };

  it("that belong to different installations are refused, and each still works with its own", async () => {
    const [one, other] = [await usedPlace(), await usedPlace()];
    await expect(use({ ...one, folder: other.folder })).rejects.toMatchObject(refused);
    for (const place of [one, other]) await use(place);
    const empty = await rig.newPlace();
    await expect(use({ ...empty, folder: one.folder })).rejects.toMatchObject(refused);
    await use(empty);
  });

  it("are refused when the database lists pictures and the store is empty", async () => {
    const place = await usedPlace();
    const folder = await emptyFolder(place);
    await expect(use({ ...place, folder })).rejects.toMatchObject(refused);
    // One of an earlier version has no id.
    await forgetRow(place);
    await expect(use({ ...place, folder })).rejects.toMatchObject(refused);
    await use(place);
  });

  it("begin anew in an empty store while there are no pictures", async () => {
    const place = await rig.newPlace();
    await use(place);
    await use({ ...place, folder: await emptyFolder(place) });
  });

  it("of an earlier version, or restored from a backup of one, get an id where pictures show that they belong together", async () => {
    const place = await usedPlace();
    const id = await idOf(place);
    await forgetRow(place);
    await use(place);
    expect(await idOf(place)).toBe(id);
    await rm(fileOf(place));
    await use(place);
    expect(await idOf(place)).toBe(id);
    await forgetRow(place);
    await rm(fileOf(place));
    await use(place);
    expect(await idOf(place)).not.toBe(id);
  });

  it("get one id from servers that start at once", async () => {
    const place = await rig.newPlace();
    await Promise.all([1, 2, 3].map(() => use(place)));
    await use(place);
  });
});
