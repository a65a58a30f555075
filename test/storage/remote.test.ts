import { afterAll, beforeAll, describe, vi } from "vitest";
import type { RemoteStorageOptions } from "../../server/storage/remote/open.js";
import type { Storage } from "../../server/storage/storage.js";
import { accessContract } from "../contracts/access.js";
import { auditSinkContract } from "../contracts/audit.js";
import { claimsContract } from "../contracts/claims.js";
import { expiringContract } from "../contracts/expiring.js";
import { filmsContract } from "../contracts/films.js";
import { lastingSessionsContract } from "../contracts/lasting-sessions.js";
import { linkUsageContract } from "../contracts/link-usage.js";
import { storageContract } from "../contracts/storage.js";
import { storedBytesContract } from "../contracts/stored-bytes.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { type RemoteRig, startRemoteRig } from "../helpers/remote-storage.js";
import { type S3Server, startS3 } from "../helpers/s3-server.js";
import { noteSkipped } from "../helpers/skipped.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

describe.skipIf(postgresPrograms === null)("with PostgreSQL", () => {
  let rig: RemoteRig;
  let s3: S3Server;
  beforeAll(async () => {
    [rig, s3] = await Promise.all([startRemoteRig(), startS3()]);
    for (const [name, value] of Object.entries(s3.variables)) vi.stubEnv(name, value);
  });
  /** Storages that no contract closes. */
  const closing: Storage[] = [];
  afterAll(async () => {
    await Promise.all(closing.map((storage) => storage.close()));
    await Promise.all([rig.close(), s3.close()]);
    vi.unstubAllEnvs();
  });

  const open = async (options: Partial<RemoteStorageOptions> = {}) => rig.open(await rig.newPlace(), options);

  storageContract("The remote storage", () => open());
  storedBytesContract("The remote storage", () => open());
  storedBytesContract("The remote storage with S3", () => open({ blobs: { kind: "s3", bucket: s3.bucket, prefix: "atelier" } }));
  accessContract("The remote storage", () => open());
  linkUsageContract("The remote storage", () => open());
  auditSinkContract("The remote storage's audit log", async () => {
    const storage = await open();
    closing.push(storage);
    return storage.audit;
  });
  claimsContract("The remote storage", () => open());
  expiringContract("The remote storage", () => open());
  filmsContract("The remote storage", () => open());
  filmsContract("The remote storage with S3", () => open({ blobs: { kind: "s3", bucket: s3.bucket, prefix: "films" } }));
  lastingSessionsContract("The remote storage", () => open());
});
