import sharp from "sharp";
import { expect, onTestFinished, test } from "vitest";
import { removableDataFolder } from "../helpers/data-folder.js";
import { pngPicture } from "../helpers/pictures.js";
import { ServerProcess } from "../helpers/server.js";

const TRANSLATE = "mutation ($input: TranslationInput!) { startTranslation(input: $input) { id } }";

const START = "mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id } }";
const WATCH = `subscription ($id: ID!) {
  session(id: $id, afterStep: -1) {
    ... on Frame { step url width height losses { total } }
    ... on SessionChange { session { status error { code message } } }
  }
}`;

test("the real server paints with TensorFlow.js and the bundled network", async () => {
  const data = await removableDataFolder();
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

test("the real server translates pictures with TensorFlow.js to the results of ONNX Runtime", async () => {
  const { bytes } = await pngPicture(96, 64, 3);
  const pictures: Buffer[] = [];
  for (const device of ["tfjs", "cpu"]) {
    const data = await removableDataFolder();
    const server = new ServerProcess({ ATELIER_DATA: data.folder, ATELIER_DEVICE: device });
    const client = await server.client();
    const input = { imageId: await client.upload(bytes), model: "photo-to-painting", size: 96 };
    const { startTranslation } = await client.query(TRANSLATE, { input });
    let url = "";
    let ended: unknown;
    for await (const { data: answer } of client.subscribe(WATCH, { id: startTranslation.id })) {
      url = answer.session.url ?? url;
      ended = answer.session.session ?? ended;
    }
    expect(ended).toEqual({ status: "COMPLETED", error: null });
    const picture = sharp(Buffer.from(await (await fetch(client.address + url)).arrayBuffer()));
    pictures.push(await picture.removeAlpha().raw().toBuffer());
    await client.close();
    await server.end();
    await data.remove();
  }
  const [one, other] = pictures;
  expect(one?.length).toBe(96 * 64 * 3);
  const difference = one!.reduce((sum, value, at) => sum + Math.abs(value - (other?.[at] ?? 0)), 0) / one!.length;
  expect(difference).toBeLessThan(1);
});
