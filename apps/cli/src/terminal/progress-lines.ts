/** Progress where stderr is no terminal, as in a log: from time to time a line that says how far a long run is. */

type Words = Readonly<Record<string, string | number>>;

/** What is used of a progress bar. */
export type Progress = {
  readonly start: (total: number, value: number, words?: object) => void;
  readonly update: (value: number, words?: object) => void;
  readonly increment: (by: number, words?: object) => void;
  readonly stop: () => void;
};

/** Milliseconds between two lines; a run that takes less has none. */
const pause = 20_000;

/**
 * @param tail - the text behind the percentage, with words in braces, as a bar has it
 * @param now - the time in milliseconds
 */
export const progressLines = (
  tail: string,
  stream: NodeJS.WritableStream,
  now: () => number = () => performance.now(),
): Progress => {
  let [total, value, last] = [0, 0, 0];
  let words: Words = {};
  const update = (to: number, more: object = {}): void => {
    value = to;
    words = { ...words, ...(more as Words) };
    if (now() - last < pause) return;
    last = now();
    const known: Words = { value, total, ...words };
    const text = tail.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(known[name] ?? ""));
    stream.write(`${total > 0 ? Math.floor((100 * value) / total) : 0}%  ${text}\n`);
  };
  return {
    start: (all, first, given = {}) => {
      [total, value, last] = [all, first, now()];
      words = given as Words;
    },
    update,
    increment: (by, more) => update(value + by, more),
    stop: () => {},
  };
};
