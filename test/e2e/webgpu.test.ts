import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { removableDataFolder } from "../helpers/data-folder.js";
import { dropIn } from "../helpers/drop-in.js";
import { pngPicture } from "../helpers/pictures.js";
import { ServerProcess } from "../helpers/server.js";
import { softwareVulkan } from "../helpers/software-vulkan.js";
import { until } from "../helpers/until.js";

const START = "mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id } }";
const LIVE = "mutation ($input: TranslationInput!) { startTranslation(input: $input) { id } }";
const SEND = "mutation ($input: FrameInput!) { sendFrame(input: $input) { status } }";
const WATCH = `subscription ($id: ID!) {
  session(id: $id, afterStep: -1) {
    ... on Frame { step width losses { total } }
    ... on SessionChange { session { status device error { code message } } }
  }
}`;

async function start(
  env: Record<string, string>,
  prepare = async (_models: string): Promise<unknown> => undefined,
): Promise<ServerProcess> {
  const data = await removableDataFolder();
  await prepare(join(data.folder, "models"));
  const server = new ServerProcess({ ATELIER_DATA: data.folder, ATELIER_DEVICE: "webgpu", ...env });
  onTestFinished(async () => {
    await server.end("SIGKILL");
    await data.remove();
  });
  return server;
}

describe.skipIf(softwareVulkan === null)("the real server on WebGPU by a software driver", () => {
  test("it paints, translates live pictures, tries a dropped model, and says which device it is", async () => {
    const trials = { read: async () => "" };
    const server = await start(softwareVulkan!, async (models) => {
      trials.read = () => readFile(join(models, ".tried.json"), "utf8").catch(() => "");
      await dropIn(models, "doors");
    });
    const client = await server.client();
    onTestFinished(() => client.close());
    const [content, style] = [await pngPicture(48, 32, 1), await pngPicture(40, 40, 2)];
    const images = { contentId: await client.upload(content.bytes), styles: [{ imageId: await client.upload(style.bytes) }] };
    const { startStyleTransfer } = await client.query(START, { input: { ...images, model: "vgg19-lite", size: 48, steps: 2 } });
    const totals: number[] = [];
    let ended: unknown;
    for await (const { data: answer } of client.subscribe(WATCH, { id: startStyleTransfer.id })) {
      if (answer.session.session) ended = answer.session.session;
      else totals.push(answer.session.losses.total);
    }
    expect(ended).toEqual({ status: "COMPLETED", device: "webgpu", error: null });
    expect(totals.at(-1)).toBeLessThan(totals[0]!);

    const { startTranslation } = await client.query(LIVE, { input: { model: "photo-to-painting", size: 48 } });
    const frames = client.subscribe(WATCH, { id: startTranslation.id });
    const frame = { sessionId: startTranslation.id, step: 0, data: Buffer.from(content.bytes).toString("base64") };
    expect((await client.query(SEND, { input: frame })).sendFrame.status).toBe("ACCEPTED");
    for await (const { data: answer } of frames) {
      if (answer.session.width === undefined) continue;
      expect(answer.session).toMatchObject({ width: 48, losses: null });
      break;
    }
    const { server: info } = await client.query("{ server { devices { name engine description } } }");
    expect(info.devices).toEqual([{ name: "webgpu", engine: "onnx", description: expect.stringMatching(/^WebGPU, ONNX Runtime /) }]);
    // A busy machine may have no time for it.
    const isTried = async () =>
      (await trials.read()).includes('"device":"webgpu ') || server.output.includes("could not be tried on webgpu");
    await until(isTried);
    const { models } = await client.query("{ models { id state failure } }");
    expect(models).toContainEqual({ id: "doors", state: "READY", failure: null });
  });

  test("chosen automatically, it is refused because the processor is faster", async () => {
    const server = await start({ ...softwareVulkan, ATELIER_DEVICE: "auto" });
    const client = await server.client();
    onTestFinished(() => client.close());
    await until(async () => (await fetch(`${client.address}/readyz`)).ok);
    const { server: info } = await client.query("{ server { devices { name } refusedDevices { name reason } } }");
    expect(info.devices).toEqual([{ name: "cpu" }]);
    expect(info.refusedDevices).toEqual([
      { name: "webgpu", reason: expect.stringMatching(/^It takes .* ms .* the processor .* ms\.$|not ready in time/) },
    ]);
    expect(server.output).toMatch(/INFO +The device webgpu is not used: /);
  });

  test("without a driver it does not start, and says what to do", async () => {
    const server = await start({ VK_ICD_FILENAMES: "/nowhere.json", VK_DRIVER_FILES: "/nowhere.json" });
    expect(await server.exitCode()).toBe(1);
    expect(server.output).toMatch(
      /ERROR ATELIER_DEVICE=webgpu cannot be used\. WebGPU finds no graphics processor\. It needs one .*libvulkan1/,
    );
  });
});
