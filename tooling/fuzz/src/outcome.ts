/** What may come of an input: nothing wrong, or an error that names a function. All else is a fault. */

/** The beginnings of an error of the house: a function or a command and a colon, or a flag and its rule. */
const named = /^(?:[\w$][\w$.["\]-]*(?: [\w-]+)?: \S|--[\w-]+(?::| must| is) \S)/;

/** What a JavaScript engine says where a check is missing. */
const raw: readonly RegExp[] = [
  /Cannot (?:read|set) propert/,
  /Cannot (?:convert|mix) /,
  // A chat template may call "something that is not a function", which is its own fault.
  /(?<!that )is not a function/,
  /is not (?:iterable|a constructor|defined)/,
  /call stack/,
  /Invalid (?:array|string|typed|count|index)/,
  /allocation failed/,
  /out of memory/,
  /Reduce of empty/,
];

const classes: ReadonlySet<unknown> = new Set([Error, TypeError, RangeError, DOMException]);

/** What is wrong with an error, in words; undefined where it is one that a caller can act on. */
export const faultOf = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return `what is thrown must be an Error, got ${String(error).slice(0, 200)}`;
  // What a message quotes is the input's, and may say anything.
  const own = error.message.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
  const words = raw.map((form) => form.exec(own)?.[0]).find((found) => found !== undefined);
  const shown = `${error.name}: ${error.message.slice(0, 300)}\n${(error.stack ?? "").split("\n").slice(-6, -1).join("\n")}`;
  if (!classes.has(error.constructor)) return `the error must be of a plain class, got ${shown}`;
  if (!named.test(error.message)) return `the error must begin with a function's name, got ${shown}`;
  if (words !== undefined) return `the error must be one of a check, got the engine's words "${words}" in ${shown}`;
  if (error.message.length > 10_000) return `the error must be short, got ${error.message.length} characters`;
  return undefined;
};
