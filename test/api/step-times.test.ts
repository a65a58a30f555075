import { expect, test } from "vitest";
import { appOfFile } from "../helpers/app.js";

const running = appOfFile();

const times = async (argument: string) =>
  (await running.client.query(`{ server { stepTimes${argument} { pixels fastestMs slowestMs } } }`)).server.stepTimes;

test("the server says how long steps take with its default model, and with another one", async () => {
  const measured = [{ pixels: 4096, fastestMs: 10, slowestMs: 12.5 }];
  expect(await times("")).toEqual(measured);
  expect(await times('(model: "vgg19")')).toEqual(measured);
});

test("there are no times before they are measured, nor of models that cannot paint here", async () => {
  expect(await times('(model: "vgg19-lite")')).toBeNull();
  for (const id of ["horse2zebra", "broken", "afar", "unknown"]) expect(await times(`(model: "${id}")`)).toBeNull();
});
