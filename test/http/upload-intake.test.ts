import { expect, it } from "vitest";
import { type Upload, UploadIntake } from "../../server/http/upload-intake.js";
import { Allowances } from "../../server/limits/allowances.js";
import { limitValues } from "../../server/limits/table.js";

const allowances = new Allowances(limitValues({ uploadsAtOnce: 3 }));
const limits = { maxUploads: 5, maxHeldBytes: 100, alwaysRead: 1 };

/** Uploads that run until they are finished. */
function uploads(intake = new UploadIntake(limits, allowances)) {
  return (ownerId: string) => {
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const body = {
      reading: true,
      pause() {
        body.reading = false;
      },
      resume() {
        body.reading = true;
      },
    };
    let admit: (upload: Upload) => void = () => undefined;
    const admitted = new Promise<Upload>((resolve) => {
      admit = resolve;
    });
    const done = intake.run({ role: "ADMIN", ownerId }, body, async (upload) => {
      admit(upload);
      await finished;
    });
    return { body, done, finish, hold: async (bytes: number) => (await admitted).hold(bytes) };
  };
}

it("refuses an owner that has too many uploads, and admits others", async () => {
  const begin = uploads();
  const slow = [begin("a"), begin("a"), begin("a")];
  await expect(begin("a").done).rejects.toMatchObject({ code: "LIMIT", detail: { limit: 3, retryAfter: 10 } });
  const others = [begin("b"), begin("b")];
  await expect(begin("c").done).rejects.toMatchObject({ code: "UNAVAILABLE", detail: { retryAfter: expect.any(Number) } });
  slow[0]?.finish();
  await slow[0]?.done;
  const next = begin("a");
  for (const upload of [...slow, ...others, next]) upload.finish();
  await Promise.all([...slow, ...others, next].map(({ done }) => done));
});

it("continues to read only the oldest uploads, and those with less than their share, while too many bytes are held", async () => {
  const begin = uploads();
  const [oldest, second, third] = [begin("a"), begin("a"), begin("b")];
  const reading = () => [oldest, second, third].map(({ body }) => body.reading);
  await oldest.hold(60);
  await second.hold(40);
  expect(reading()).toEqual([true, true, true]);
  await third.hold(10);
  expect(reading()).toEqual([true, false, true]);
  await third.hold(34);
  expect(reading()).toEqual([true, false, false]);
  await oldest.hold(200);
  expect(reading()).toEqual([true, false, false]);
  oldest.finish();
  await oldest.done;
  expect(reading()).toEqual([true, true, true]);
  for (const upload of [second, third]) upload.finish();
  await Promise.all([second.done, third.done]);
});
