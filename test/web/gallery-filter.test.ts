import { describe, expect, test } from "vitest";
import type { SessionStatus } from "../../web/graphql/operations";
import { filterOf, isFiltered, noFilter, passes, queryOf, toEventFilter, toSessionFilter } from "../../web/rooms/gallery/gallery-filter";

const of = (query: string) => filterOf(new URLSearchParams(query));

describe("a gallery's filter in the address", () => {
  test("is read back as it was written", () => {
    const filter = {
      kind: "STYLE_TRANSFER",
      status: "working",
      text: "über den Wellen & more",
      model: "vgg19_lite",
      image: "a-1",
      starred: true,
      oldestFirst: true,
    } as const;
    expect(of(queryOf(filter))).toEqual(filter);
    expect(queryOf(noFilter)).toBe("");
    expect(of("")).toEqual(noFilter);
  });

  test("ignores unknown values", () => {
    expect(of("kind=dream&status=toString&model=../x&image=%00&other=1")).toEqual(noFilter);
    expect(of(`q=${"x".repeat(300)}`).text).toHaveLength(200);
  });

  test("is sent to the server, and to the subscription without the status", () => {
    const filter = of("kind=translation&status=working&q=%20sea%20&image=i");
    expect(toSessionFilter(filter)).toEqual({
      kind: "TRANSLATION",
      status: ["QUEUED", "RUNNING", "PAUSED"],
      titleContains: "sea",
      imageId: "i",
      live: false,
    });
    expect(toEventFilter(filter)).not.toHaveProperty("status");
    const session = (status: SessionStatus, starred = false) => ({ status, starred });
    expect(passes(filter, session("PAUSED"))).toBe(true);
    expect(passes(filter, session("COMPLETED"))).toBe(false);
    expect(passes(noFilter, session("FAILED"))).toBe(true);
  });

  test("shows live translations only when they are asked for", () => {
    expect(toSessionFilter(noFilter)).toEqual({ live: false });
    expect(toSessionFilter(of("kind=live"))).toEqual({ kind: "TRANSLATION", live: true });
  });

  test("leaves the star to the page, which must hear of a star that is taken away", () => {
    const filter = of("starred=1&order=oldest");
    expect(toSessionFilter(filter)).toEqual({ live: false, starred: true });
    expect(toEventFilter(filter)).toEqual({ live: false });
    expect([passes(filter, { status: "COMPLETED", starred: true }), passes(filter, { status: "COMPLETED", starred: false })]).toEqual([
      true,
      false,
    ]);
    expect([isFiltered(filter), isFiltered(of("order=oldest"))]).toEqual([true, false]);
  });
});
