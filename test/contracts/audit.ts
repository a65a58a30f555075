import { expect, it } from "vitest";
import type { AuditSink } from "../../server/access/audit-log.js";
import type { AuditEntry } from "../../server/records/audit.js";

const entry = (id: string): AuditEntry => ({
  at: new Date("2026-05-04T03:02:01.123Z"),
  action: "Mutation.createLink",
  code: id === "refused" ? "FORBIDDEN" : null,
  name: "Class 7b",
  role: "ARTIST",
  ownerId: "ann",
  address: "10.0.0.1",
  about: { id },
});

/** What every place for the audit log does. `open` returns an empty one. */
export function auditSinkContract(name: string, open: () => Promise<AuditSink>): void {
  it(`${name} gives back what was stored, newest first`, async () => {
    const sink = await open();
    expect(await sink.list(10)).toEqual([]);
    await sink.append([entry("first"), entry("refused")]);
    await sink.append([{ ...entry("last"), name: null, role: null, ownerId: null, address: null, about: {} }]);
    expect((await sink.list(10)).map(({ about }) => about.id)).toEqual([undefined, "refused", "first"]);
    expect((await sink.list(10)).slice(1)).toEqual([entry("refused"), entry("first")]);
    expect(await sink.list(1)).toHaveLength(1);
  });
}
