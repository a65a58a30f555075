import type { Result } from "../../bench/results.js";

/** An environment variable as the documentation shows it. */
interface Variable {
  name: string;
  default: string;
  help: string;
}

/** Figures that README shows: what was measured, in words for visitors, and the bench that measures it. */
const figures: readonly { title: string; bench: string }[] = [
  { title: "Painting with default settings, VGG-19, 256 px", bench: "painting with the default settings, 256 px" },
  { title: "Loss and gradient, VGG-19, 256 px", bench: "VGG-19 loss and gradient, 256 px" },
  { title: "Loss and gradient, `vgg19-lite`, 256 px", bench: "vgg19-lite loss and gradient, 256 px" },
  { title: "Live `photo-to-painting`, 256 px", bench: "live photo-to-painting, end to end" },
  { title: "Delay from camera to picture, 95 of 100", bench: "live photo-to-painting, delay from camera to picture, p95" },
  { title: "Scripts of the first page, compressed", bench: "scripts of the studio's first load, compressed" },
  { title: "Frames drawn by the studio, 512 px", bench: "frames drawn at 512 px" },
];

/** Markdown table of the figures for visitors. @throws Error for a figure that was not measured */
export function figuresTable(results: readonly Result[]): string {
  const shown = figures.map(({ title, bench }) => ({ title, result: resultOf(bench, results) }));
  const rows = shown.map(({ title, result: { value, unit } }) => [title, `${value} ${unit}`]);
  return [table(["measured", "value"], rows), "", machinesOf(shown.map(({ result }) => result))].join("\n");
}

/** Markdown table of the time of one VGG-19 step at each size, beside every peer that was measured at that size. */
export function stepsTable(results: readonly Result[]): string {
  const steps = results.flatMap((result) => {
    const size = /^VGG-19 loss and gradient, (\d+) px$/.exec(result.bench)?.[1];
    return size ? [{ ...result, size: Number(size) }] : [];
  });
  const sizes = [...new Set(steps.map(({ size }) => size))].sort((a, b) => a - b);
  const peers = [...new Set(steps.map(({ peer }) => peer))];
  const rows = sizes.map((size) => {
    const here = steps.filter((step) => step.size === size);
    const theirs = peers.map((peer) => {
      const step = here.find((candidate) => candidate.peer === peer);
      return step?.ratio ? `${Math.round(step.value * step.ratio)} ms (${step.ratio.toFixed(2)} times)` : "not measured";
    });
    return [`${size} px`, `${here[0]?.value} ms`, ...theirs];
  });
  return [table(["size", "Atelier", ...peers], rows), "", machinesOf(steps)].join("\n");
}

/** Markdown tables of all results, one for each machine that measured them, the newest first. */
export function resultsTable(results: readonly Result[]): string {
  const newest = results.toSorted((a, b) => b.date.localeCompare(a.date));
  const machines = [...new Set(newest.map(({ machine }) => machine))];
  const head = ["bench", "value", "compared with", "times better", "when, commit", "command"];
  return machines
    .map((machine) => {
      const rows = results
        .filter((result) => result.machine === machine)
        .map(({ bench, value, unit, peer, ratio, date, commit, command }) => [
          bench,
          `${value} ${unit}`,
          // A difference that goes the other way has a limit and no ratio.
          ratio === null && !peer.startsWith("at most") ? "" : peer,
          ratio === null ? "" : ratio.toFixed(2),
          `${date.slice(0, 10)}, ${commit}`,
          `\`${command}\``,
        ]);
      return [`Machine: ${machine}.`, "", table(head, rows)].join("\n");
    })
    .join("\n\n");
}

/** Markdown tables of the limits, and of what they count for. */
export function limitsTable(
  limits: Readonly<Record<string, { value: number; unit: string; per: string; description: string }>>,
  scopes: Readonly<Record<string, string>>,
): string {
  const rows = Object.entries(limits).map(([name, { value, unit, per, description }]) => [
    `\`${name}\``,
    `${value.toLocaleString("en")} ${unit}`,
    per,
    description,
  ]);
  const meanings = Object.entries(scopes).map(([scope, meaning]) => [scope, meaning]);
  return [table(["limit", "value", "per", "what"], rows), "", table(["per", "meaning"], meanings)].join("\n");
}

/** Markdown table of environment variables. */
export function variablesTable(variables: readonly Variable[]): string {
  const rows = variables.map((variable) => [
    `\`${variable.name}\``,
    variable.default === "" ? "none" : `\`${variable.default}\``,
    variable.help,
  ]);
  return table(["variable", "default", "meaning"], rows);
}

/** Markdown tables of the rules of the policy, and of the operations that follow each. */
export function policyTables(
  rules: Readonly<Record<string, Readonly<Record<string, string>>>>,
  entries: Readonly<Record<string, { rule: string }>>,
): string {
  const parties = Object.keys(Object.values(rules)[0] ?? {});
  const words = (text: string) => text.toLowerCase();
  const rows = Object.entries(rules).map(([rule, extents]) => [rule, ...parties.map((party) => words(extents[party] ?? ""))]);
  const followers = Object.keys(rules).map((rule) => {
    const names = Object.entries(entries).filter(([, entry]) => entry.rule === rule);
    return [rule, names.map(([name]) => `\`${name}\``).join(", ")];
  });
  return [table(["rule", ...parties.map(words)], rows), "", table(["rule", "operations and addresses"], followers)].join("\n");
}

/** Markdown table of the folders that each folder of the server may import, and the order of the studio's folders. */
export function arrowsTable(
  server: Readonly<Record<string, readonly string[]>>,
  entryFiles: Readonly<Record<string, readonly string[]>>,
  studio: readonly string[],
): string {
  const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(", ");
  const rows = Object.entries(server).map(([folder, mayImport]) => [`\`${folder}\``, mayImport.length === 0 ? "nothing" : code(mayImport)]);
  const entrances = Object.entries(entryFiles).flatMap(([folder, files]) => files.map((file) => `\`${folder}/${file}.ts\``));
  return [
    table(["folder of the server", "may import"], rows),
    "",
    `Of some folders, others import only these files: ${entrances.join(", ")}. Only \`server/device\` may import the rest of \`server/art\`.`,
    "",
    `Folders of the studio, each of which may import those after it: ${code(studio)}. A room imports no other room. Each of them may also import \`settings.ts\`, \`changes.ts\` and \`model.ts\` of \`server/records\`.`,
  ].join("\n");
}

function resultOf(bench: string, results: readonly Result[]): Result {
  const result = results.find((candidate) => candidate.bench === bench);
  if (!result) throw new Error(`bench/results.json has no result of "${bench}", which README.md shows.`);
  return result;
}

function machinesOf(results: readonly Result[]): string {
  return `Machine: ${[...new Set(results.map(({ machine }) => machine))].join("; ")}.`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
