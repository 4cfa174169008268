/** What a long run must keep, from the lines that it has printed. */
import { barOf, type Bar } from "../measuring/bar.ts";
import { median } from "../measuring/compare-times.ts";
import { chunkLength, firstLength, type LengthLine, type LongLine } from "./lines.ts";

type ChunkLine = Extract<LongLine, { readonly kind: "chunk" }>;

const gigabyte = 1e9;

const chunksOf = (lines: readonly LongLine[]): readonly ChunkLine[] =>
  lines.filter((line): line is ChunkLine => line.kind === "chunk");

const lengthsOf = (lines: readonly LongLine[]): readonly LengthLine[] =>
  lines.filter((line): line is LengthLine => line.kind === "length");

/** The last chunks up to a length. */
const chunksBefore = (lines: readonly LongLine[], tokens: number): readonly ChunkLine[] =>
  chunksOf(lines).filter((chunk) => chunk.tokens > tokens - 4 * chunkLength && chunk.tokens <= tokens);

const timeBefore = (lines: readonly LongLine[], tokens: number): number =>
  median(chunksBefore(lines, tokens).map(({ time }) => time));

export const renderLength = (lines: readonly LongLine[], { tokens, bytes, peakBytes, stepTimes }: LengthLine): string =>
  `${tokens} tokens: a chunk ${(timeBefore(lines, tokens) / 1000).toFixed(2)} s, a step ${median(stepTimes).toFixed(1)} ms; ` +
  `resident ${(bytes / gigabyte).toFixed(2)} GB, at most ${(peakBytes / gigabyte).toFixed(2)} GB so far`;

/** The value at `at` of the line of least squares through points (x, y). */
const onLine = (points: readonly (readonly [x: number, y: number])[], at: number): number => {
  const mean = (which: 0 | 1): number => points.reduce((sum, point) => sum + point[which], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const slope =
    points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) /
    points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  return y + slope * (at - x);
};

export const barsOf = (lines: readonly LongLine[]): readonly Bar[] => {
  const lengths = lengthsOf(lines);
  const [first, last] = [lengths[0]!, lengths.at(-1)!];
  const step = (line: LengthLine): number => median(line.stepTimes);
  // The ring is full behind the first of the lengths, and a chunk has all its parts.
  const half = chunksOf(lines).filter(({ tokens }) => tokens > firstLength / 2 && tokens <= last.tokens / 2);
  const middle = last.tokens - 1.5 * chunkLength;
  const foreseen = onLine(
    half.map(({ tokens, time }) => [tokens, time]),
    middle,
  );
  const found = timeBefore(lines, last.tokens);
  return [
    barOf({ name: `peak memory at ${last.tokens}`, value: last.peakBytes / gigabyte, unit: "GB" }, "at most", 6),
    barOf(
      {
        name: `a step, ${last.tokens} / ${first.tokens}, against the keys and values read`,
        value: step(last) / step(first),
        from: `${step(first).toFixed(1)} to ${step(last).toFixed(1)} ms`,
      },
      "at most",
      last.cacheBytes / first.cacheBytes,
    ),
    barOf(
      {
        name: `the last chunks at ${last.tokens} / the line through the first half`,
        value: found / foreseen,
        from: `${(found / 1000).toFixed(2)} s, ${(foreseen / 1000).toFixed(2)} s on the line`,
      },
      "at most",
      1.1,
    ),
  ];
};
