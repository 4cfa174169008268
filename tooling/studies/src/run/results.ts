/**
 * The file of a study's results: a line of JSON that names the model and the text, then a line for each cell, `{"cell", "result"}`. A run that
 * finds the file continues it. A last line without an end was cut off when a process ended, and is removed.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from "node:fs";
import { dirname } from "node:path";

export type Results<Cell, Result> = {
  readonly get: (cell: Cell) => Result | undefined;
  readonly add: (cell: Cell, result: Result) => void;
};

/** What was studied: names and fingerprints of model and text. */
export type Subject = Readonly<Record<string, string>>;

/** The same text for the same values, whatever the order of their keys. */
const keyOf = (values: object): string =>
  JSON.stringify(Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1))));

/** @throws RangeError when the file has results of another subject; SyntaxError when a whole line is not JSON */
export const openResults = <Cell extends object, Result>(file: string, subject: Subject): Results<Cell, Result> => {
  mkdirSync(dirname(file), { recursive: true });
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole.length < text.length) truncateSync(file, Buffer.byteLength(whole));
  const [head, ...lines] = whole.split("\n").filter((each) => each !== "");
  if (head === undefined) appendFileSync(file, `${JSON.stringify(subject)}\n`);
  else if (keyOf(JSON.parse(head) as Subject) !== keyOf(subject))
    throw new RangeError(`openResults: ${file} must be of ${JSON.stringify(subject)}, got ${head}`);
  const found = new Map<string, Result>();
  for (const line of lines) {
    const { cell, result } = JSON.parse(line) as { readonly cell: Cell; readonly result: Result };
    found.set(keyOf(cell), result);
  }
  return {
    get: (cell) => found.get(keyOf(cell)),
    add: (cell, result) => {
      appendFileSync(file, `${JSON.stringify({ cell, result })}\n`);
      found.set(keyOf(cell), result);
    },
  };
};
