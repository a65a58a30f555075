import { expect, test } from "vitest";
import { studioContract } from "../contracts/studio.js";
import { FleetFixture } from "../helpers/fleet-fixture.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { hasRedis } from "../helpers/redis-server.js";
import { modelMirror, noMirror } from "../helpers/server.js";
import { describeStudioOn } from "../helpers/studio.js";
import { screenshot, startPainting, waitForStatus, waitForStep } from "../helpers/studio-page.js";
import { until } from "../helpers/until.js";

const mirror = modelMirror();
const lacking = [postgresPrograms === null ? noPostgres : null, hasRedis() ? null : "There is no redis-server."];
const engines = { missing: lacking.find((reason) => reason !== null) ?? null };
const options = { missing: mirror === null ? noMirror : engines.missing };
const serve = () => new FleetFixture({ ATELIER_MODEL_MIRROR: mirror ?? "" });

describeStudioOn("the studio in a browser, with two API servers behind a proxy and VGG-19 on a worker", options, serve, studioContract);

describeStudioOn(
  "a painting in a browser while the database is away",
  engines,
  () => new FleetFixture(),
  (studio) => {
    test("stands still with the reason, and is finished once it is back", async () => {
      const { page } = await studio.open();
      let failed = 0;
      await page.route(/\/frames\/[^/]+\/0\?w=128$/, (route) => (failed++ === 0 ? route.fulfill({ status: 503 }) : route.continue()));
      await startPainting(page, { photo: "Allium", style: "Breakers", steps: 60, size: 64 });
      await waitForStep(page, 1);
      const { postgres } = studio.server;
      await postgres.stop();
      await page.getByText(/^The database cannot be reached/).waitFor();
      await screenshot(page, "database-away");
      await postgres.start();
      await waitForStatus(page, "Finished");
      await waitForStep(page, 60);
      expect(await page.getByText(/^The database cannot be reached/).count()).toBe(0);
      const strip = page.getByRole("region", { name: "Pictures along the way" }).locator("img");
      // What could not be loaded is loaded too.
      await until(() => failed > 0);
      await until(() =>
        strip.evaluateAll((all: HTMLImageElement[]) => all.length > 2 && all.every(({ naturalWidth }) => naturalWidth > 0)),
      );
    });

    test("finds its earlier pictures once the database is back", async () => {
      const { page } = await studio.open();
      await startPainting(page, { photo: "Allium", style: "Breakers", steps: 8, size: 64 });
      await waitForStatus(page, "Finished");
      const { postgres } = studio.server;
      let asked = 0;
      let away = false;
      await page.route("**/graphql", async (route) => {
        if (route.request().postData()?.includes("query Frames(")) {
          asked++;
          await until(() => away);
        }
        await route.continue();
      });
      await page.reload();
      await until(() => asked > 0);
      await postgres.stop();
      away = true;
      await until(() => asked > 1);
      await postgres.start();
      await page.getByRole("region", { name: "Pictures along the way" }).locator("img").nth(2).waitFor();
      expect(await page.getByText(/^The database cannot be reached/).count()).toBe(0);
    });
  },
);
