import { studioContract } from "../contracts/studio.js";
import { FleetFixture } from "../helpers/fleet-fixture.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { hasRedis } from "../helpers/redis-server.js";
import { modelMirror, noMirror } from "../helpers/server.js";
import { describeStudioOn } from "../helpers/studio.js";

const mirror = modelMirror();
const lacking = [
  mirror === null ? noMirror : null,
  postgresPrograms === null ? noPostgres : null,
  hasRedis() ? null : "There is no redis-server.",
];
const options = { missing: lacking.find((reason) => reason !== null) ?? null };
const serve = () => new FleetFixture({ ATELIER_MODEL_MIRROR: mirror ?? "" });

describeStudioOn("the studio in a browser, with two API servers behind a proxy and VGG-19 on a worker", options, serve, studioContract);
