import { afterAll, describe } from "vitest";
import { PaintingFleet } from "../helpers/painting-fleet.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { hasRedis } from "../helpers/redis-server.js";
import { type S3Server, startS3 } from "../helpers/s3-server.js";
import { noteSkipped } from "../helpers/skipped.js";
import { TroubledStore } from "../helpers/troubled-store.js";
import { clockFaults } from "./faults/clocks.js";
import { connectionFaults } from "./faults/connections.js";
import { processFaults } from "./faults/processes.js";
import { recordedVersionFaults } from "./faults/recorded-version.js";
import { storeFaults } from "./faults/store.js";
import { versionFaults } from "./faults/versions.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

// Here faults end once their effect shows; `npm run faults` lets them last as long as in the world outside.
describe.skipIf(postgresPrograms === null || !hasRedis())("API servers and workers", () => {
  let s3: S3Server | null = null;
  let store: TroubledStore | null = null;
  const paintings = new PaintingFleet(async () => {
    s3 = await startS3();
    store = await TroubledStore.start(s3.variables.AWS_ENDPOINT_URL ?? "");
    return { ...s3.variables, AWS_ENDPOINT_URL: store.address, ATELIER_BLOBS: `s3://${s3.bucket}/faults` };
  });
  afterAll(async () => {
    await store?.close();
    await s3?.close();
  });

  processFaults(paintings);
  connectionFaults(paintings);
  storeFaults(paintings, () => store!);
  clockFaults(paintings);
  recordedVersionFaults(paintings);
  versionFaults(paintings);
});
