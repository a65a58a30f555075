import { expect, test } from "vitest";
import { reasonToInstall } from "../../scripts/install.mjs";

const machine = { platform: "linux", arch: "x64" };
const wanted = {
  "": { version: "1.0.0" },
  "node_modules/express": { version: "5.3.0", integrity: "sha512-a" },
  "node_modules/@img/sharp-linux-x64": { version: "1.0.0", integrity: "sha512-b", optional: true, os: ["linux"], cpu: ["x64"] },
  "node_modules/@img/sharp-win32-x64": { version: "1.0.0", integrity: "sha512-c", optional: true, os: ["win32"], cpu: ["x64"] },
};
const { "": _root, "node_modules/@img/sharp-win32-x64": windowsOnly, ...installed } = wanted;

test("an install by npm on this machine is up to date, although packages of other machines are missing", () => {
  expect(reasonToInstall(wanted, installed, machine)).toBeNull();
});

test.each([
  ["nothing is installed", null, "node_modules is missing or incomplete"],
  ["a package is missing", { ...installed, "node_modules/express": undefined }, "node_modules/express is missing"],
  [
    "a package has another version",
    { ...installed, "node_modules/express": { version: "5.2.0", integrity: "sha512-a" } },
    "node_modules/express is not the version of package-lock.json",
  ],
  [
    "a package has the same version and other bytes",
    { ...installed, "node_modules/express": { version: "5.3.0", integrity: "sha512-z" } },
    "node_modules/express is not the version of package-lock.json",
  ],
  [
    "node_modules comes from another machine",
    { ...installed, "node_modules/@img/sharp-win32-x64": windowsOnly },
    "node_modules/@img/sharp-win32-x64 is for another kind of machine",
  ],
])("an install is needed when %s", (_case, found, reason) => {
  const present = found && Object.fromEntries(Object.entries(found).filter(([, entry]) => entry !== undefined));
  expect(reasonToInstall(wanted, present as typeof installed | null, machine)).toBe(reason);
});
