import { expect, test, vi } from "vitest";
// The source, since what a built module imports cannot be replaced.
import { namesInNetwork } from "../../server/http/own-names.ts";

const machine = vi.hoisted(() => ({ name: "" }));
vi.mock("node:os", async (original) => ({
  ...(await original<typeof import("node:os")>()),
  hostname: () => machine.name,
  networkInterfaces: () => ({ eth0: [{ address: "192.0.2.7" }, { address: "fe80::1%eth0" }] }),
}));

test.each([
  ["studio", ["studio", "studio.local"]],
  ["Studio", ["studio", "studio.local"]],
  ["studio.school.example", ["studio.school.example", "studio.local"]],
  ["Studio.local", ["studio.local"]],
])("a machine whose name is %s is known by %j and its addresses", (name, names) => {
  machine.name = name;
  expect(namesInNetwork()).toEqual([...names, "192.0.2.7", "[fe80::1]"]);
});
