/** The tables of a run. */
import Table from "cli-table3";
import { agreementOf, compared } from "./agreement.ts";
import type { Verdict } from "./bars.ts";
import type { MemorySample } from "./peak-memory.ts";
import { speed, speedRatio, type Quantity, type Sample } from "./measure.ts";
import type { QuestionSample } from "./second-question.ts";

const table = (head: readonly string[], left: number, rows: readonly (readonly (string | number)[])[]): string => {
  const made = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (column < left ? "left" : "right")),
    style: { head: [], border: [], compact: true },
  });
  made.push(...rows.map((row) => [...row]));
  return made.toString();
};

const megabytes = (bytes: number | undefined): string => (bytes === undefined ? "" : (bytes / 1e6).toFixed(0));

export const renderSamples = (samples: readonly Sample[]): string =>
  table(
    [
      "engine",
      "place",
      "precision",
      "context",
      "prefill tokens/s",
      "decode tokens/s",
      "by median step",
      "memory so far MB",
      "tokens agree",
    ],
    3,
    samples.map((sample) => [
      sample.name,
      sample.place,
      sample.precision,
      sample.context,
      speed("prefill", sample).toFixed(0),
      speed("decode", sample).toFixed(1),
      speed("decodeStep", sample).toFixed(1),
      megabytes(sample.peakBytes),
      `${agreementOf(sample, samples) ?? "-"} of ${compared}`,
    ]),
  );

const quantities: readonly Quantity[] = ["prefill", "decode", "decodeStep"];

/** Each of Ropewalk's rows beside each other engine of the same case: how many times as fast it is. "" where no other was measured. */
export const renderRatios = (samples: readonly Sample[]): string => {
  const rows = samples
    .filter(({ engine }) => engine === "ropewalk")
    .flatMap((own) =>
      samples
        .filter(
          ({ engine, place, precision, context }) =>
            engine !== "ropewalk" && place === own.place && precision === own.precision && context === own.context,
        )
        .map((peer) => [
          `${own.name} / ${peer.name}`,
          own.place,
          own.precision,
          own.context,
          ...quantities.map((quantity) => speedRatio(quantity, own, peer).toFixed(2)),
        ]),
    );
  const head = ["times as fast", "place", "precision", "context", "prefill", "decode", "by median step"];
  return rows.length === 0 ? "" : table(head, 3, rows);
};

export const renderQuestions = (samples: readonly QuestionSample[]): string =>
  table(
    ["second question", "precision", "document", "cold ms", "behind it ms", "ratio"],
    2,
    samples.map(({ name, precision, context, cold, behind, ratio }) => [
      name,
      precision,
      context,
      cold.toFixed(0),
      behind.toFixed(1),
      ratio.toFixed(4),
    ]),
  );

/** @param nodeBytes - what of each is Node */
export const renderMemory = (samples: readonly MemorySample[], nodeBytes: number): string => {
  const rows = samples.map(({ name, precision, context, peakBytes, statedBytes }) => [
    name,
    precision,
    context,
    megabytes(peakBytes),
    megabytes(statedBytes),
  ]);
  const head = ["engine", "precision", "context", "peak memory MB", "weights and cache as inspect states them MB"];
  return `${table(head, 2, rows)}\nNode itself: ${megabytes(nodeBytes)} MB`;
};

export const renderVerdicts = (verdicts: readonly Verdict[]): string =>
  table(
    ["", "what", "place", "precision", "context", "ratio", "by median step", "bar"],
    4,
    verdicts.map(({ pass, name, what, peer, place, precision, context, ratio, stepRatio, rule, bar }) => [
      pass ? "pass" : "FAIL",
      `${what}, ${name} / ${peer}`,
      place,
      precision,
      context,
      ratio.toFixed(2),
      stepRatio?.toFixed(2) ?? "",
      `${rule} ${bar}`,
    ]),
  );
