import { describe, expect, test } from "vitest";
import { filterOf, noFilter, passes, queryOf, toEventFilter, toSessionFilter } from "../../web/rooms/gallery/gallery-filter";

const of = (query: string) => filterOf(new URLSearchParams(query));

describe("a gallery's filter in the address", () => {
  test("is read back as it was written", () => {
    const filter = {
      kind: "STYLE_TRANSFER",
      status: "working",
      text: "über den Wellen & more",
      model: "vgg19_lite",
      image: "a-1",
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
    });
    expect(toEventFilter(filter)).not.toHaveProperty("status");
    expect([passes(filter, "PAUSED"), passes(filter, "COMPLETED"), passes(noFilter, "FAILED")]).toEqual([true, false, true]);
  });
});
