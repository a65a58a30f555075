import { expect, test } from "vitest";
import { parseCard } from "../../server/models/card.js";
import { JsonError, parseJson } from "../../server/models/json.js";
import { readTrace } from "../../server/sessions/trace/read.js";

const utf16 = (text: string, mark: boolean) => Buffer.from((mark ? "\uFEFF" : "") + text, "utf16le").toString("utf8");

test.each([
  ["a trailing comma", '{\n  "id": "a",\n}', "a comma before } at line 2, column 12"],
  ["a trailing comma in a list", "[1, 2,]", "a comma before ] at line 1, column 6"],
  ["UTF-16 with a byte order mark", utf16('{"id": 1}', true), "it is encoded as UTF-16; save it as UTF-8"],
  ["UTF-16 without one", utf16('{"id": 1}', false), "it is encoded as UTF-16; save it as UTF-8"],
  ["UTF-16 that begins with its high byte", Buffer.from(utf16("{}", true)).toString(), "it is encoded as UTF-16; save it as UTF-8"],
  ["UTF-32", '{"id": 1}'.replace(/./g, "$&\0\0\0"), "it is encoded as UTF-32; save it as UTF-8"],
  ["nothing", " \n", "it is empty"],
  ["half a card", '{\n  "id": "a"', "it ends too early, at line 2, column 12"],
  ["a comment", '{\n  // the name\n  "id": "a"\n}', "a comment, which JSON does not have, at line 2, column 3"],
  ["single quotes", "{'id': 1}", "single quotes in place of double ones at line 1, column 2"],
  ["a missing comma", '{"a": 1\n "b": 2}', ', or end is expected at line 2, column 2, not "b"'],
  ["a missing colon", '{"a" 1}', ": is expected at line 1, column 6, not 1"],
  ["a name without quotes", "{id: 1}", "id, which is not JSON, at line 1, column 2"],
  ["a line break in a text", '{"a": "b\nc"}', "a text that is not closed or holds a character that must be escaped at line 1, column 7"],
  ["Python's constants", '{"a": True}', "True, which is not JSON, at line 1, column 7"],
  ["two documents", "{} {}", ", or end is expected at line 1, column 4, not {"],
  ["a web page", "<!DOCTYPE html>", '"<", which is not JSON, at line 1, column 1'],
  ["deep nesting", "[".repeat(100_000), "it ends too early, at line 1, column 100001"],
])("%s is reported with its place", (_case, text, reason) => {
  expect(() => parseJson(text)).toThrow(new JsonError(reason));
  expect(() => parseCard(text)).toThrow(`The card is not JSON: ${reason}.`);
  expect(() => readTrace(text)).toThrow(`The trace is not JSON: ${reason}.`);
});

const unclosed = "a text that is not closed or holds a character that must be escaped at line 1, column";

test.each([
  ["a long text that is not closed", `{"title": "${"a".repeat(700_000)}`, `${unclosed} 11`],
  ["a long text with a line break", `{"title": "${"a".repeat(350_000)}\n${"b".repeat(350_000)}"}`, `${unclosed} 11`],
  ["a long text with escapes that is not closed", `["${"\\n".repeat(300_000)}`, `${unclosed} 2`],
])("%s is reported at once", (_case, text, reason) => {
  expect(() => parseJson(text)).toThrow(new JsonError(reason));
});

test("JSON that breaks off anywhere is reported", () => {
  const whole = JSON.stringify({
    format: "atelier-trace",
    title: 'Ä "quoted" \n text',
    changes: [{ step: 1.5e3, ok: true }],
    sha256: "0".repeat(64),
  });
  for (let end = 0; end < whole.length; end++) expect(() => parseJson(whole.slice(0, end)), `${end}`).toThrow(JsonError);
  expect(parseJson(whole)).toEqual(JSON.parse(whole));
});

test("a byte order mark is skipped, and positions after it match those in an editor", () => {
  expect(parseJson('\uFEFF{"a": [1, -2.5e3, "\\u00e4", null]}')).toEqual({ a: [1, -2500, "ä", null] });
  expect(() => parseJson('\uFEFF{"a": 1,}')).toThrow("a comma before } at line 1, column 8");
});
