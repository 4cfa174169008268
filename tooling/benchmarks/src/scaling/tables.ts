/** The tables of docs/scaling.md, as Markdown. */
import type { CachePrecision } from "@ropewalk/decoder";
import { cacheBytesOf, operationsOf, ownBytesOf, prefillCost, stepCost, weightsOf } from "./costs.ts";
import { behindSeconds, coldSeconds, machines, question, fits, stepSeconds, usersOf } from "./machines.ts";
import { lengths, methods, shapes } from "./shapes.ts";

export type Table = { readonly title: string; readonly lines: readonly string[] };

type Cell = string | number;

const rounded = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(value >= 10 ? 3 : 2).replace(/\.0$/, "");

const row = (cells: readonly Cell[]): string =>
  `| ${cells.map((cell) => (typeof cell === "number" ? rounded(cell) : cell)).join(" | ")} |`;

const table = (title: string, header: readonly string[], rows: readonly (readonly Cell[])[]): Table => ({
  title,
  lines: [row(header), row(header.map(() => "---")), ...rows.map(row)],
});

const tokens = (length: number): string => length.toLocaleString("en");

const cases = Object.entries(shapes).flatMap(([name, decoder]) => lengths.map((length) => ({ name, decoder, length })));

const caches: readonly CachePrecision[] = ["float32", "float16", "q8"];

const gigabytes = (bytes: number): number => bytes / 1e9;

const weights = (): Table =>
  table(
    "Weights",
    ["model", "parameters, 10^9", "in 16 bits, GB", "in 4 bits, GB", "read by a step in 4 bits, GB"],
    Object.entries(shapes).map(([name, decoder]) => {
      const { parameters, float16, q4, q4Read } = weightsOf(decoder);
      return [name, parameters / 1e9, ...[float16, q4, q4Read].map(gigabytes)];
    }),
  );

const cacheTable = (): Table =>
  table(
    "Keys and values, GB",
    [
      "model",
      "tokens",
      ...methods.flatMap((method) => caches.map((cache) => `${method}, ${cache}`)),
      "own behind a prefix, SelfExtend, float32",
    ],
    cases.map(({ name, decoder, length }) => [
      name,
      tokens(length),
      ...methods.flatMap((method) => caches.map((cache) => gigabytes(cacheBytesOf(decoder, method, cache, length)))),
      gigabytes(ownBytesOf(decoder, "SelfExtend", "float32", question.tokens + question.answer)),
    ]),
  );

const operations = (): Table =>
  table(
    "Operations and bytes",
    [
      "model",
      "tokens",
      "prefill, plain, TFLOP",
      "of it attention",
      "SelfExtend, TFLOP",
      "a question behind it, TFLOP",
      "step, SelfExtend, GFLOP",
      "step reads, float32, GB",
      "step reads, q8, GB",
    ],
    cases.map(({ name, decoder, length }) => {
      const plain = prefillCost(decoder, "plain", length);
      const behind = prefillCost(decoder, "SelfExtend", length, length - question.tokens);
      const step = (cache: CachePrecision) => stepCost(decoder, "SelfExtend", cache, length);
      return [
        name,
        tokens(length),
        operationsOf(plain) / 1e12,
        `${Math.round((100 * plain.attention) / operationsOf(plain))} %`,
        operationsOf(prefillCost(decoder, "SelfExtend", length)) / 1e12,
        operationsOf(behind) / 1e12,
        step("q8").operations / 1e9,
        gigabytes(step("float32").bytes),
        gigabytes(step("q8").bytes),
      ];
    }),
  );

const times = (): Table =>
  table(
    "Seconds until the first token, cold and behind the document, and milliseconds a token",
    ["model", "tokens", ...machines.map(({ name }) => name)],
    cases.map((each) => [
      each.name,
      tokens(each.length),
      ...machines.map((machine) => {
        const [cold, behind] = [coldSeconds(machine, each), behindSeconds(machine, each)];
        return `${rounded(cold)}, ${rounded(behind)}; ${rounded(1000 * stepSeconds(machine, each))}`;
      }),
    ]),
  );

const users = (): Table =>
  table(
    "Users: read anew each time, a document each, one document for all",
    ["model", "tokens", ...machines.map(({ name }) => name)],
    cases.map((each) => [
      each.name,
      tokens(each.length),
      ...machines.map((machine) => {
        if (!fits(machine, each)) return "does not fit";
        const { anew, own, shared } = usersOf(machine, each);
        return [anew, own, shared].map((count) => count.toLocaleString("en")).join(", ");
      }),
    ]),
  );

export const tables = (): readonly Table[] => [weights(), cacheTable(), operations(), times(), users()];
