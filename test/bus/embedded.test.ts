import { expect, it } from "vitest";
import { openEmbeddedBus } from "../../server/bus/embedded.js";
import { busContract } from "../contracts/bus.js";

busContract("The embedded bus", async () => openEmbeddedBus(() => undefined));

it("reports the error that a listener throws", async () => {
  const errors: unknown[] = [];
  const bus = openEmbeddedBus((error) => errors.push(error));
  const error = new Error("of the listener");
  await bus.subscribe("control:a", () => {
    throw error;
  });
  await bus.publish("control:a", { type: "cancel" });
  expect(errors).toEqual([error]);
});
