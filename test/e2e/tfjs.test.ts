import { expect, onTestFinished, test } from "vitest";
import { pngPicture } from "../helpers/pictures.js";
import { dataFolder, ServerProcess } from "../helpers/server.js";

const START = "mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id } }";
const WATCH = `subscription ($id: ID!) {
  session(id: $id, afterStep: -1) {
    ... on Frame { step width height losses { total } }
    ... on SessionChange { session { status error { code message } } }
  }
}`;

test("the real server paints with TensorFlow.js and the bundled network", async () => {
  const data = await dataFolder();
  const server = new ServerProcess({ ATELIER_DATA: data.folder, ATELIER_DEVICE: "tfjs" });
  onTestFinished(async () => {
    await server.end();
    await data.remove();
  });
  const client = await server.client();
  onTestFinished(() => client.close());
  const [content, style] = [await pngPicture(160, 128, 1), await pngPicture(80, 80, 2)];
  const images = { contentId: await client.upload(content.bytes), styles: [{ imageId: await client.upload(style.bytes) }] };
  const { startStyleTransfer } = await client.query(START, { input: { ...images, model: "vgg19-lite", size: 128, steps: 4 } });

  const totals: number[] = [];
  const changes: unknown[] = [];
  for await (const { data: answer, errors } of client.subscribe(WATCH, { id: startStyleTransfer.id })) {
    if (errors) throw new Error(JSON.stringify(errors));
    if (answer.session.session) changes.push(answer.session.session);
    else totals.push(answer.session.losses.total);
  }
  expect(changes.at(-1)).toEqual({ status: "COMPLETED", error: null });
  expect(totals.length).toBeGreaterThan(1);
  expect(totals.at(-1)).toBeLessThan(totals[0]!);
  const { server: info } = await client.query("{ server { devices { name engine description } } }");
  expect(info.devices).toMatchObject([{ engine: "tfjs", name: expect.stringMatching(/^tfjs-/) }]);
});
