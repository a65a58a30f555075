import { type GraphQLInputType, isEnumType, isInputObjectType, isListType, isNonNullType, isRequiredInputField } from "graphql";
import type { Random } from "./random.js";

/** What a client may send as the value of an argument, right or wrong. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** What the server may know, by what it is, with ids of each. */
export type Known = Readonly<Record<"session" | "image" | "export" | "link" | "model", string[]>>;

/** What an argument of this name identifies, where nothing else says so. */
const kindsByName: [RegExp, keyof Known][] = [
  [/session|beside|parent/i, "session"],
  [/image|content|source/i, "image"],
  [/model/i, "model"],
];

/** Texts that break programs which trust what they are sent. */
const hostileTexts = [
  "",
  " ",
  "\u0000",
  "\ud800",
  "\u202e\u200bnames",
  "../../../../etc/passwd",
  "..\\..\\windows\\win.ini",
  "%2e%2e%2f",
  "' OR 1=1; --",
  "<script>alert(1)</script>",
  `$` + `{7*7}`,
  "__proto__",
  "constructor",
  "NaN",
  "1e999",
  "🖼️".repeat(60),
  "x".repeat(5000),
];

const plausibleNumbers = [0, 1, 2, 3, 10, 64, 100];
const hostileNumbers = [-1, 0.5, 1e-300, 1e308, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 53, 4097];
const times = ["2031-01-01T00:00:00.000Z", "2020-01-01T00:00:00.000Z", "2031-02-31T00:00:00Z", "tomorrow", "+275760-09-13T00:00:00.000Z"];

/** Makes values for the arguments of a schema. Most are of the right type; some are not even that. */
export class RandomValues {
  /** `picture` is a small picture in base64. */
  constructor(
    private readonly random: Random,
    private readonly known: Known,
    private readonly picture: string,
  ) {}

  /** A value for an argument, or a field of one, with this name; `kind` is what its id identifies. */
  ofType(type: GraphQLInputType, name: string, kind: keyof Known | null = null): Json {
    if (this.random.chance(0.01)) return this.ofNoType();
    if (isNonNullType(type)) return this.ofType(type.ofType, name, kind);
    if (this.random.chance(0.02)) return null;
    if (isListType(type)) {
      const length = this.random.chance(0.02) ? 150 : this.random.below(3);
      return this.random.several(length, () => this.ofType(type.ofType, name, kind));
    }
    if (isEnumType(type)) return this.random.chance(0.02) ? "NO_SUCH_VALUE" : this.random.pick(type.getValues()).name;
    if (!isInputObjectType(type)) return this.ofScalar(type.name, name, kind);
    const given = Object.values(type.getFields()).filter((field) =>
      isRequiredInputField(field) ? !this.random.chance(0.01) : this.random.chance(0.15),
    );
    const object = Object.fromEntries(given.map((field) => [field.name, this.ofType(field.type, field.name)]));
    return this.random.chance(0.01) ? { ...object, noSuchField: 1 } : object;
  }

  /** An id that exists, usually of the right kind, or a text that is none. */
  id(kind: keyof Known | null): string {
    if (this.random.chance(0.05)) return this.text();
    const right = kind !== null && this.random.chance(0.9) ? this.known[kind] : [];
    return this.random.pick(right.length > 0 ? right : Object.values(this.known).flat());
  }

  text(): string {
    return this.random.chance(0.6) ? `Picture ${this.random.below(100)}` : this.random.pick(hostileTexts);
  }

  private ofScalar(type: string, name: string, kind: keyof Known | null): Json {
    if (type === "ID") return this.id(kind ?? kindsByName.find(([pattern]) => pattern.test(name))?.[1] ?? null);
    if (type === "Int" || type === "Float") return this.random.pick(this.random.chance(0.93) ? plausibleNumbers : hostileNumbers);
    if (type === "Boolean") return this.random.chance(0.5);
    if (type === "DateTime") return this.random.pick(times);
    if (type === "Base64")
      return this.random.chance(0.7) ? this.picture : this.random.pick(["AAAA", "=", "\u0000", this.picture.slice(0, 40)]);
    return this.text();
  }

  private ofNoType(): Json {
    return this.random.pick<Json>([null, 7, "seven", true, [], [[]], {}, { a: { b: [1] } }, -0.1]);
  }
}
