import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Bus, SessionControl } from "../../server/bus/bus.js";
import { LOCAL_OWNER } from "../../server/records/access.js";

/** A message that differs from others of its topic. */
const cancel = (traceparent: string): SessionControl => ({ type: "cancel", traceparent });

/** What every bus does. */
export function busContract(name: string, open: () => Promise<Bus>): void {
  describe(`${name} as a bus`, () => {
    let bus: Bus;
    beforeEach(async () => {
      bus = await open();
    });
    afterEach(() => bus.close());

    it("delivers every message in order to every subscriber of its topic, and to no other", async () => {
      const first: SessionControl[] = [];
      const second: SessionControl[] = [];
      const elsewhere: unknown[] = [];
      await bus.subscribe("control:s", (message) => first.push(message));
      await bus.subscribe("control:s", (message) => second.push(message));
      await bus.subscribe("sessions", (message) => elsewhere.push(message));
      await bus.subscribe("session:a", (message) => elsewhere.push(message));
      for (const id of ["a", "b", "c"]) await bus.publish("control:s", cancel(id));
      expect(first).toEqual([cancel("a"), cancel("b"), cancel("c")]);
      expect(second).toEqual(first);
      expect(elsewhere).toEqual([]);
    });

    it("keeps the topics of two sessions apart", async () => {
      const seen: unknown[] = [];
      await bus.subscribe("session:a", (message) => seen.push(message));
      await bus.publish("session:b", { type: "deleted", sessionId: "b", ownerId: LOCAL_OWNER, visibility: "PRIVATE", approval: null });
      await bus.publish("session:a", { type: "deleted", sessionId: "a", ownerId: LOCAL_OWNER, visibility: "PRIVATE", approval: null });
      expect(seen).toEqual([{ type: "deleted", sessionId: "a", ownerId: LOCAL_OWNER, visibility: "PRIVATE", approval: null }]);
    });

    it("has called every subscriber by the time publish resolves", async () => {
      let calls = 0;
      await bus.subscribe("control:s", () => calls++);
      await bus.publish("control:s", cancel("a"));
      expect(calls).toBe(1);
    });

    it("keeps nothing for later subscribers", async () => {
      await bus.publish("control:s", cancel("a"));
      const seen: unknown[] = [];
      await bus.subscribe("control:s", (message) => seen.push(message));
      expect(seen).toEqual([]);
    });

    it("ends one subscription and keeps the others", async () => {
      const seen: (string | undefined)[] = [];
      const listener = ({ traceparent }: SessionControl) => seen.push(traceparent);
      const end = await bus.subscribe("control:s", listener);
      await bus.subscribe("control:s", listener);
      await end();
      await end();
      await bus.publish("control:s", cancel("a"));
      expect(seen).toEqual(["a"]);
    });

    it("continues when a subscriber throws, and the publisher sees no error", async () => {
      const seen: (string | undefined)[] = [];
      await bus.subscribe("control:s", () => {
        throw new Error("of the listener");
      });
      await bus.subscribe("control:s", ({ traceparent }) => seen.push(traceparent));
      await bus.publish("control:s", cancel("a"));
      expect(seen).toEqual(["a"]);
    });

    it("keeps the order for all subscribers when one of them publishes", async () => {
      const seen: (string | undefined)[] = [];
      let echoed: Promise<void> | undefined;
      await bus.subscribe("control:s", ({ traceparent }) => {
        if (traceparent === "a") echoed = bus.publish("control:s", cancel("echo"));
      });
      await bus.subscribe("control:s", ({ traceparent }) => seen.push(traceparent));
      await bus.publish("control:s", cancel("a"));
      await echoed;
      expect(seen).toEqual(["a", "echo"]);
    });

    it("delivers bytes as bytes", async () => {
      const pictures: Uint8Array[] = [];
      await bus.subscribe("session:a", (event) => {
        if (event.type === "frame") pictures.push(event.picture);
      });
      const frame = {
        sessionId: "a",
        step: 0,
        digest: "0".repeat(64),
        width: 1,
        height: 1,
        mimeType: "image/png",
        byteLength: 3,
        losses: null,
        computeMs: 1,
        createdAt: new Date(),
      };
      await bus.publish("session:a", { type: "frame", frame, picture: Uint8Array.of(0, 128, 255) });
      expect([...(pictures[0] ?? [])]).toEqual([0, 128, 255]);
    });
  });
}
