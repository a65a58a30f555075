import { expect, test } from "vitest";
import { Mailbox, type ViewerEvent } from "../../../server/sessions/watch/mailbox.js";
import { SharedFrame } from "../../../server/sessions/watch/shared-frame.js";
import { aFrame, aSession } from "../../contracts/records.js";

const frame = (step: number) => new SharedFrame(aFrame("s", step), async () => new Uint8Array());
const session = aSession("image", { id: "s", status: "RUNNING" });

function label(event: ViewerEvent | null): string | null {
  if (event?.type === "changed") return event.session.title ?? event.session.status;
  return event?.type === "frame" ? `frame ${event.frame.record.step}` : (event?.type ?? null);
}

function drain(mailbox: Mailbox, now = 0): (string | null)[] {
  const all: (string | null)[] = [];
  for (let event = mailbox.take(now); event; event = mailbox.take(now)) all.push(label(event));
  return all;
}

test("the newest frame wins", () => {
  const mailbox = new Mailbox(0);
  for (let step = 0; step < 5000; step++) mailbox.offerFrame(frame(step));
  expect(drain(mailbox)).toEqual(["frame 4999"]);
});

test("frames that could have gone out count as dropped, but not those beyond a viewer's own limit", () => {
  let [dropped, limited] = [0, 0];
  const slow = new Mailbox(0, () => dropped++);
  const patient = new Mailbox(3_600_000, () => limited++);
  for (const mailbox of [slow, patient]) {
    mailbox.offerFrame(frame(0));
    drain(mailbox, performance.now());
    for (let step = 1; step <= 5; step++) mailbox.offerFrame(frame(step));
  }
  expect([dropped, limited]).toEqual([4, 0]);
});

test("a delivered frame is not delivered again, nor is an older one", () => {
  const mailbox = new Mailbox(0);
  mailbox.offerFrame(frame(3));
  drain(mailbox);
  for (const step of [2, 3]) mailbox.offerFrame(frame(step));
  expect(drain(mailbox)).toEqual([]);
});

test("changes keep their order among frames", () => {
  const mailbox = new Mailbox(0);
  mailbox.offerChange({ ...session, title: "a" });
  mailbox.offerFrame(frame(0));
  mailbox.offerChange({ ...session, title: "b" });
  mailbox.offerChange({ ...session, status: "COMPLETED" });
  expect(drain(mailbox)).toEqual(["a", "frame 0", "b", "COMPLETED"]);
  expect(mailbox.exhausted).toBe(true);
});

test("more changes than fit are coalesced into the newest", () => {
  const mailbox = new Mailbox(0);
  for (let index = 0; index < 1000; index++) mailbox.offerChange({ ...session, title: String(index) });
  const delivered = drain(mailbox);
  expect(delivered.length).toBeLessThan(20);
  expect(delivered.at(0)).toBe("0");
  expect(delivered.at(-1)).toBe("999");
});

test("a change that changes nothing is not delivered", () => {
  const mailbox = new Mailbox(0);
  mailbox.begin(session);
  mailbox.offerChange({ ...session, step: 7 });
  expect(drain(mailbox)).toEqual([]);
});

test("a change that is older than the snapshot is stale", () => {
  const mailbox = new Mailbox(0);
  mailbox.offerChange({ ...session, status: "QUEUED", revision: 3 });
  mailbox.offerChange({ ...session, status: "PAUSED", revision: 4 });
  mailbox.offerChange({ ...session, status: "QUEUED", title: "new", revision: 6 });
  mailbox.begin({ ...session, status: "PAUSED", revision: 5 });
  expect(drain(mailbox)).toEqual(["new"]);
});

test("live frames keep their interval, and the last one does not wait", () => {
  const mailbox = new Mailbox(100);
  mailbox.offerFrame(frame(0));
  expect(drain(mailbox, 1000)).toEqual(["frame 0"]);
  mailbox.offerFrame(frame(1));
  expect(drain(mailbox, 1099)).toEqual([]);
  expect(mailbox.frameDueIn(1099)).toBe(1);
  mailbox.offerFrame(frame(2));
  expect(drain(mailbox, 1100)).toEqual(["frame 2"]);
  mailbox.offerFrame(frame(3));
  mailbox.offerChange({ ...session, title: "renamed" });
  expect(drain(mailbox, 1101)).toEqual(["renamed"]);
  mailbox.offerChange({ ...session, status: "COMPLETED" });
  expect(drain(mailbox, 1102)).toEqual(["frame 3", "COMPLETED"]);
});

test("nothing of a deleted session is delivered", () => {
  const mailbox = new Mailbox(0);
  mailbox.offerFrame(frame(0));
  mailbox.offerDeleted();
  mailbox.offerFrame(frame(1));
  mailbox.offerChange(session);
  expect(drain(mailbox)).toEqual([]);
  expect(mailbox.exhausted).toBe(true);
});
